//! That the local AWS answers as AWS documents, in what the functions are about.

mod emr;
mod lambda;
mod pipelines;
mod secrets;
