//! Looking for what is wrong with a configuration, step by step.
