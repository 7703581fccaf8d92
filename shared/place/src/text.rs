//! What all validated texts have alike.

/// `TryFrom<String>`, `Into<String>` and `Display` for a validated text.
macro_rules! text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::Malformed;
            fn try_from(text: String) -> Result<Self, $crate::Malformed> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use text;
