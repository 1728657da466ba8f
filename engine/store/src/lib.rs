//! What is remembered: instances, projections, history and documents in a database.
