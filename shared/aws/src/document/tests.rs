//! A parameter, as Parameter Store answers.

use serde_json::json;

use super::Document;

async fn read(answer: (u16, &'static str)) -> String {
    let config = canned::config(move |operation, asked| {
        assert_eq!((operation, asked), ("GetParameter", &json!({"Name": "/shares", "WithDecryption": true})));
        (answer.0, answer.1.into())
    });
    let document = Document::new(&config, "ssm:/shares".parse().unwrap());
    let text = document.read(&"111122223333".parse().unwrap()).await;
    text.map_or_else(|error| format!("refused: {}, {error}", error.is_refused()), |it| it.to_string())
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
#[tokio::test]
async fn a_parameter_is_decrypted_and_one_that_is_not_there_is_refused() {
    assert_eq!(read((200, r#"{"Parameter": {"Name": "/shares", "Value": "{}"}}"#)).await, "{}");
    let absent = read((400, r#"{"__type": "ParameterNotFound"}"#)).await;
    assert!(absent.starts_with("refused: true, reading ssm:/shares: there is no such parameter; put it"), "{absent}");
    let denied = read((400, r#"{"__type": "AccessDeniedException", "message": "no"}"#)).await;
    assert!(
        denied.starts_with("refused: false, reading ssm:/shares: AWS answered AccessDeniedException: no"),
        "{denied}"
    );
}
