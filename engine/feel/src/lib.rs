//! FEEL, the expression language of DMN: text to checked expression to value.
