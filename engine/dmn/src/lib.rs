//! DMN decisions: tables and literal expressions, evaluated with FEEL.
