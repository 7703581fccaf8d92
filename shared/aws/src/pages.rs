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
