//! Jobs, archives and answers, case by case.

mod answer;
mod archive;
mod job;
