"""The only room that speaks SQL: values and questions come in, rows are kept, values go out."""
