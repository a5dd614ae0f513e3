//! Simulators of the outside systems on their real wire formats, seeded worlds, fault weather
