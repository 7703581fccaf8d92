//! Jobs of a pipeline in `CodePipeline`: what a job says, the artifact that it brings, and the answer that it waits for.
//!
//! The writer of an artifact is any committer, and any identity that may invoke the function can write a job. So a [`Job`] is
//! believed only after [`Job::prove`], its artifact is read with the job's own credentials, and an [`Archive`] is bounded before
//! anything in it is read.

mod answer;
mod archive;
mod artifact;
mod job;

pub use answer::{Caller, Pipeline, Wording};
pub use archive::{Archive, Bounds};
pub use job::{Artifact, Continuation, Job};

#[cfg(test)]
mod tests;
