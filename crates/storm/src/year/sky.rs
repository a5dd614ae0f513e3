//! The weather of each day: which systems are away or behind, how calls fare, whether the clock is
//! right and the disk has room, and how soon the process dies.

use super::{Strength, Year};
use crate::StormFault;
use crate::chance::Chance;
use crate::fate::Fate;
use crate::wire::Gale;
use sim::Weather;

/// The systems that can be away.
const SYSTEMS: [&str; 3] = ["salesforce", "stripe", "netsuite"];

/// The sky over a run.
#[derive(Debug)]
pub(super) struct Sky {
    chance: Chance,
    strength: Strength,
    away: Option<&'static str>,
    disk_is_full: bool,
}

impl Sky {
    pub(super) fn new(seed: u64, strength: Strength) -> Sky {
        Sky {
            chance: Chance::of(seed, "sky"),
            strength,
            away: None,
            disk_is_full: false,
        }
    }

    /// Decides whether and when the process dies in the next piece of work.
    pub(super) fn tempt_fate(&mut self, fate: &Fate) {
        if self.strength != Strength::Storm {
            return;
        }
        if self.chance.strikes(600) {
            // Most deaths are early in the work, where little of it is there to be found again.
            let most = if self.chance.strikes(5_000) { 25 } else { 250 };
            let points = u64::try_from(self.chance.below(most)).unwrap_or(0);
            fate.arm(Some(points));
        }
    }
}

impl Year {
    /// The weather of a new day.
    pub(super) fn change_weather(&mut self) {
        if self.sky.strength != Strength::Storm {
            return;
        }
        self.weather_of_the_systems();
        self.weather_of_the_wire();
        self.weather_of_the_machine();
    }

    fn weather_of_the_systems(&mut self) {
        let weather = match self.sky.chance.below(10) {
            0..=4 => Weather::calm(),
            5..=7 => Weather::breezy(),
            _ => Weather::stormy(),
        };
        self.ground.sims.set_weather(weather);
        // What went away yesterday is back after its 24 hours.
        if let Some(system) = self.sky.away.take() {
            self.ground.wire.set_out(system, false);
            self.note(format!("{system} is back"));
        }
        if self.sky.chance.strikes(350)
            && let Some(system) = self.sky.chance.pick(&SYSTEMS).copied()
        {
            self.ground.wire.set_out(system, true);
            self.sky.away = Some(system);
            self.trace.count("outages of 24 hours");
            self.note(format!("{system} is away for 24 hours"));
        }
    }

    fn weather_of_the_wire(&mut self) {
        let gale = if self.sky.chance.strikes(3_500) {
            Gale::blowing()
        } else {
            Gale::default()
        };
        self.ground.wire.set_gale(gale);
        for system in SYSTEMS {
            let stale = self.sky.chance.strikes(250);
            self.ground.wire.set_stale(system, stale);
        }
    }

    fn weather_of_the_machine(&mut self) {
        let error = if self.sky.chance.strikes(400) {
            let seconds = [-14_000, -3_600, -400, -90, 90, 400, 3_600, 10_000];
            self.sky.chance.pick(&seconds).copied().unwrap_or(0)
        } else {
            0
        };
        if error != 0 {
            self.trace.count("clock wrong for a day");
            self.note(format!("the clock of the machine is {error} s wrong"));
        }
        self.ground.clock.set_error(error);
        let full = self.sky.chance.strikes(250);
        if full != self.sky.disk_is_full {
            self.set_disk(full);
        }
    }

    fn set_disk(&mut self, full: bool) {
        let set = self
            .ground
            .store
            .write(move |tx| store::full_disk::set_full(tx, full));
        if let Err(fault) = set {
            self.find("disk", fault.to_string());
        }
        if full {
            self.trace.count("disk full for a day");
            self.note("the disk is full");
        } else {
            self.note("the disk has room again");
        }
        self.sky.disk_is_full = full;
    }

    /// Everything is well again.
    pub(super) fn clear_up(&mut self) -> Result<(), StormFault> {
        self.sky.strength = Strength::Calm;
        self.sky.away = None;
        self.ground.sims.set_weather(Weather::calm());
        self.ground.wire.calm_down();
        self.ground.clock.set_error(0);
        self.ground.fate.arm(None);
        if self.sky.disk_is_full {
            self.set_disk(false);
        }
        Ok(())
    }
}
