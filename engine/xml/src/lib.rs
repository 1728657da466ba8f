//! XML documents as trees with positions, and the problems that a reader finds in them.
