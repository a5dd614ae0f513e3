//! The read side: queries that fill the views.
