//! Lists that come in pages.

use aws_smithy_async::future::pagination_stream::PaginationStream;
use reaction::Error;

use crate::error::Answer;

/// Every item of every page, or the error that ended the walk: a list that was cut short is no list.
///
/// # Errors
/// What the page's error means; see [`Answer::or_error`].
pub async fn all_pages<T, E>(mut items: PaginationStream<Result<T, E>>) -> Result<Vec<T>, Error>
where
    Result<T, E>: Answer<T>,
{
    let mut all = Vec::new();
    while let Some(item) = items.next().await {
        all.push(item.or_error()?);
    }
    Ok(all)
}

/// Every item of a list that the SDK has no paginator for. `page` asks for the page of a token, and says its items and the next token.
///
/// # Errors
/// Those of `page`: a list that was cut short is no list.
pub async fn all_by_token<T, F>(mut page: impl FnMut(Option<String>) -> F) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<(Option<Vec<T>>, Option<String>), Error>>,
{
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let (items, next) = page(token).await?;
        all.extend(items.unwrap_or_default());
        if next.is_none() {
            return Ok(all);
        }
        token = next;
    }
}
