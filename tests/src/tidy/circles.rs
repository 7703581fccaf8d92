//! The modules of a crate stand on each other and never in a circle: what is below can be read without what is above.
//!
//! A folder counts as one module among its neighbours, and its files are compared with each other in turn. A module and the
//! folder of its own parts are one thing: a part may use what its module defines. What the root of a crate defines itself, its
//! parts may use too.

use std::collections::{BTreeMap, BTreeSet};

use super::File;

/// A module by its path below the crate's root, which is empty.
type Module = Vec<String>;

/// The modules of one crate, each with its text.
struct Crate {
    folder: String,
    modules: BTreeMap<Module, String>,
}

impl Crate {
    /// Every crate of the workspace but the tests, which are read as they are listed.
    fn all() -> Vec<Self> {
        let files = super::files();
        let folders = files.iter().filter_map(|it| it.path.strip_suffix("/Cargo.toml"));
        let folders = folders.filter(|it| *it != "tests");
        folders.map(|folder| Self::of(folder, &files)).collect()
    }

    fn of(folder: &str, files: &[File]) -> Self {
        let source = format!("{folder}/src/");
        let modules =
            files.iter().filter_map(|it| Some((it.path.strip_prefix(&source)?.strip_suffix(".rs")?, &it.text)));
        let is_test = |path: &str| path.split('/').any(|part| part == "tests");
        let modules = modules.filter(|(path, _)| !is_test(path)).map(|(path, text)| {
            let mut module: Module = path.split('/').map(String::from).collect();
            module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
            (module, code(text))
        });
        Self { folder: folder.into(), modules: modules.collect() }
    }

    /// The module in which a path ends, and what it says after that.
    fn split<'a>(&self, path: &'a [String]) -> (&'a [String], Option<&'a String>) {
        let length = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length])).unwrap_or(0);
        (&path[..length], path.get(length))
    }

    /// The module that defines what a path names: a module that only hands a name on is not meant.
    fn defines(&self, path: &[String]) -> Module {
        let (module, name) = self.split(path);
        let handed_on = name.and_then(|name| {
            let text = self.modules.get(module)?;
            let all = uses(text).into_iter().filter(|it| it.is_public);
            let own = all.map(|it| Self::absolute(module, &it.path)).find(|it| it.last() == Some(name))?;
            (own != path).then_some(own)
        });
        handed_on.map_or_else(|| module.to_vec(), |own| self.defines(&own))
    }

    /// A path as it is seen from the root.
    fn absolute(module: &[String], path: &[String]) -> Vec<String> {
        let ups = path.iter().take_while(|it| *it == "super").count();
        let rest = &path[ups..];
        match path.first().map(String::as_str) {
            Some("crate") => path[1..].to_vec(),
            Some("self") => [module, &path[1..]].concat(),
            Some("super") => [&module[..module.len().saturating_sub(ups)], rest].concat(),
            _ => [module, path].concat(),
        }
    }

    /// Which modules each module uses.
    fn arrows(&self) -> BTreeSet<(Module, Module)> {
        let mut arrows = BTreeSet::new();
        for (module, text) in &self.modules {
            let named = uses(text).into_iter().map(|it| it.path).chain(paths(text));
            for path in named.map(|path| Self::absolute(module, &path)) {
                arrows.insert((module.clone(), self.defines(&path)));
            }
        }
        arrows
    }

    /// The circles among the parts of each module.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let parents: BTreeSet<&[String]> =
            self.modules.keys().filter_map(|it| it.split_last()).map(|it| it.1).collect();
        let circles = parents.into_iter().flat_map(|parent| {
            let part = |module: &Module| {
                (module.len() > parent.len() && module.starts_with(parent)).then(|| module[parent.len()].clone())
            };
            let among: BTreeSet<_> = arrows.iter().filter_map(|(from, to)| Some((part(from)?, part(to)?))).collect();
            circles_among(&among).into_iter().map(move |circle| format!("{}: {}", parent.join("::"), circle.join(", ")))
        });
        circles.map(|circle| format!("{} {circle}", self.folder)).collect()
    }
}

/// The parts that reach each other, one list for each circle.
fn circles_among(arrows: &BTreeSet<(String, String)>) -> BTreeSet<Vec<String>> {
    let reach = |from: &String| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(next) = open.pop() {
            let beyond = arrows.iter().filter(|(it, to)| *it == next && *to != next).map(|(_, to)| to.clone());
            open.extend(beyond.filter(|it| reached.insert(it.clone())).collect::<Vec<_>>());
        }
        reached
    };
    let reached: BTreeMap<_, _> = arrows.iter().map(|(from, _)| (from.clone(), reach(from))).collect();
    let circle = |part: &String| -> Option<Vec<String>> {
        let back = |it: &&String| reached.get(*it).is_some_and(|those| those.contains(part));
        let circle: Vec<_> = reached.get(part)?.iter().filter(back).cloned().collect();
        (circle.len() > 1).then_some(circle)
    };
    reached.keys().filter_map(circle).collect()
}

/// A name that comes from another module.
struct Use {
    is_public: bool,
    path: Vec<String>,
}

/// The code of a file: without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What the `use` declarations of a file name.
fn uses(code: &str) -> Vec<Use> {
    let mut all = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find("use ") {
        let (before, after) = rest.split_at(start);
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let is_public = line.starts_with("pub");
        let is_declaration = line.is_empty() || is_public && line.ends_with(' ');
        let Some(end) = after.find(';').filter(|_| is_declaration) else {
            rest = &after[4..];
            continue;
        };
        let tree = after[4..end].split_whitespace().collect::<Vec<_>>().join(" ");
        all.extend(leaves(&tree).into_iter().map(|path| Use { is_public, path }));
        rest = &after[end..];
    }
    all
}

/// The paths of a tree such as `a::{b, c::{d, e}}`; a name stays what it is where it is renamed.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((before, inside)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()];
    };
    let before = leaves(before).remove(0);
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inside.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ',' if depth == 0 => parts.push(String::new()),
            letter => parts.last_mut().expect("there is one").push(letter),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(|part| leaves(part));
    parts.map(|path| [before.clone(), path.into_iter().filter(|it| it != "self").collect()].concat()).collect()
}

/// The paths that are written out in the code: `crate::a::b`, `super::b`, and `part::b` of a part.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter| !is_word(letter)).filter(|word| word.contains("::"));
    words.map(|word| word.split("::").map(String::from).filter(|part| !part.is_empty()).collect()).collect()
}

/// A circle is mended by a file for what both of them use. Read which names tie it: `use crate::..` in each of its modules.
#[test]
fn no_modules_of_a_crate_stand_in_a_circle() {
    let all = Crate::all();
    assert!(all.len() > 20 && all.iter().any(|it| it.arrows().len() > 20), "the modules are read as they are");
    let circles: Vec<_> = all.iter().flat_map(Crate::circles).collect();
    assert!(circles.is_empty(), "in circles:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_names_that_are_handed_on() {
    let file = |path: &str, text: &str| File { path: format!("shared/x/src/{path}"), text: text.into() };
    let files = [
        file("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::One;\n"),
        file("a.rs", "use crate::b::{Two, Three as Other};\npub struct One;\n"),
        file("b.rs", "use std::fmt;\nuse crate::One;\npub struct Two;\n"),
        file("c.rs", "mod part;\nuse part::Four;\npub struct Five(Four);\n"),
        file("c/part.rs", "use super::Five;\npub struct Four;\n"),
    ];
    assert_eq!(Crate::of("shared/x", &files).circles(), ["shared/x : a, b"]);
}
