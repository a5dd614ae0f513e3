//! Obligations, revenue schedules as formulas, and what is earned through a date
