//! What follows from facts, case by case.
