//! Random passwords.

use serde_json::json;

use super::{Outcome, Refusal, Request, random_below};

const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const LONGEST: u64 = 4096;

/// `GetRandomPassword`: 32 characters, and one of each kind at least, unless something else is asked for.
pub(super) fn random(request: &Request<'_>) -> Outcome {
    let invalid = |message: &str| Err(Refusal::of_request("InvalidParameterException", message));
    let length = request.members["PasswordLength"].as_u64().unwrap_or(32);
    let Some(length) = usize::try_from(length).ok().filter(|_| (1..=LONGEST).contains(&length)) else {
        return invalid("PasswordLength must be between 1 and 4096.");
    };
    let kinds = kinds(request);
    let all: Vec<char> = kinds.concat();
    let required = if request.flag("RequireEachIncludedType").unwrap_or(true) { &kinds[..4] } else { &[] };
    let required: Vec<_> = required.iter().filter(|kind| !kind.is_empty()).collect();
    if all.is_empty() {
        return invalid("The password must be allowed to have some characters.");
    }
    if required.len() > length {
        return invalid("Password length is too short based on the required types.");
    }
    let mut password: Vec<char> = required.iter().map(|kind| kind[random_below(kind.len())]).collect();
    password.resize_with(length, || all[random_below(all.len())]);
    for last in (1..length).rev() {
        password.swap(last, random_below(last + 1));
    }
    Ok(json!({"RandomPassword": password.into_iter().collect::<String>()}))
}

/// The characters that may be used: lower and upper case, digits, punctuation, and the space.
fn kinds(request: &Request<'_>) -> [Vec<char>; 5] {
    let excluded = request.text("ExcludeCharacters").unwrap_or_default();
    let is_on = |flag: &str| request.flag(flag).unwrap_or_default();
    let of = |is_wanted: bool, kind: &mut dyn Iterator<Item = char>| {
        kind.filter(|it| is_wanted && !excluded.contains(*it)).collect()
    };
    [
        of(!is_on("ExcludeLowercase"), &mut ('a'..='z')),
        of(!is_on("ExcludeUppercase"), &mut ('A'..='Z')),
        of(!is_on("ExcludeNumbers"), &mut ('0'..='9')),
        of(!is_on("ExcludePunctuation"), &mut PUNCTUATION.chars()),
        of(is_on("IncludeSpace"), &mut " ".chars()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::calls::Call;

    fn password(members: Value) -> Result<String, String> {
        let call = Call::default();
        let answer = random(&Request { call: &call, members }).map_err(|refusal| refusal.message)?;
        Ok(answer["RandomPassword"].as_str().unwrap().to_owned())
    }

    #[test]
    fn each_kind_is_in_a_password_unless_it_is_excluded() {
        for _ in 0..200 {
            let it = password(json!({"PasswordLength": 4})).unwrap();
            assert!(it.contains(char::is_lowercase) && it.contains(char::is_uppercase), "{it}");
            assert!(it.contains(|it: char| it.is_ascii_digit()) && it.contains(|it| PUNCTUATION.contains(it)), "{it}");
            let it = password(json!({
                "ExcludePunctuation": true, "ExcludeNumbers": true, "ExcludeUppercase": true, "ExcludeCharacters": "abc",
            }));
            assert!(it.unwrap().chars().all(|it| ('d'..='z').contains(&it)));
        }
        let [one, other] = [(); 2].map(|()| password(json!({})).unwrap());
        assert!(one.len() == 32 && one != other);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(password(json!({"PasswordLength": 3})).unwrap_err().contains("too short"));
        assert!(password(json!({"PasswordLength": 3, "RequireEachIncludedType": false})).is_ok());
        assert!(password(json!({"PasswordLength": 0})).is_err() && password(json!({"PasswordLength": 5000})).is_err());
        let nothing = json!({"ExcludePunctuation": true, "ExcludeNumbers": true, "ExcludeUppercase": true, "ExcludeLowercase": true});
        assert!(password(nothing).is_err());
    }
}
