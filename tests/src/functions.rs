//! The scene of each function: its world, its stories and the tests of its own.

macro_rules! scenes {
    ($($name:ident)*) => {
        $(pub mod $name;)*
    };
}
suite::functions! { scenes }
