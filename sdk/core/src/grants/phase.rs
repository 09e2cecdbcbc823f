//! The life of a grant: phases, what moves it from one to another, and the table of all moves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Approval or start is pending: nothing was sent, nothing is owed.
    Requested,
    /// The duty to remove is written down, and a request may have left.
    Opening,
    /// Somebody must act: the person accepts, or the merchant takes a step.
    Awaiting,
    /// The person can get in.
    Active,
    /// Switched off for a while.
    Suspended,
    /// The access must end, and that is not proven yet.
    Closing,
    /// The access has ended, with proof or a word.
    Ended,
    /// The access never opened, and that is proven.
    NeverOpened,
    /// Somebody closed the record without a proof and said why.
    ForceClosed,
}

impl Phase {
    /// Every phase, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Opening,
        Self::Awaiting,
        Self::Active,
        Self::Suspended,
        Self::Closing,
        Self::Ended,
        Self::NeverOpened,
        Self::ForceClosed,
    ];

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::NeverOpened | Self::ForceClosed)
    }

    /// Whether the person is meant to be inside.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Opening | Self::Awaiting | Self::Active)
    }

    /// Whether an access may exist because of this grant, so that its removal is owed.
    #[must_use]
    pub fn is_owed(self) -> bool {
        self.is_open() || matches!(self, Self::Suspended | Self::Closing)
    }

    /// The phase's stable name in ledgers and machine output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Opening => "opening",
            Self::Awaiting => "awaiting",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
            Self::Ended => "ended",
            Self::NeverOpened => "never_opened",
            Self::ForceClosed => "force_closed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can happen to a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Move {
    /// It is approved.
    Approve,
    /// It is refused before it began, or whoever was asked said no.
    Decline,
    /// Its time has come and it may begin.
    Start,
    /// A look shows an invitation, or a step was opened that somebody must take.
    Asked,
    /// A look, or a word where nothing can be looked at, says that the person is inside.
    Inside,
    /// A look shows the account switched off.
    Off,
    /// A complete look shows that the person is not there although nobody of ours took them out.
    Gone,
    /// The invitation or the step was not answered in time.
    Lapse,
    /// Somebody pauses it.
    Suspend,
    /// Somebody ends the pause.
    Resume,
    /// Its end is moved.
    Extend,
    /// Whoever asked for it takes it back before it is used.
    Withdraw,
    /// Its end is reached, or it is revoked, or its person is offboarded.
    End,
    /// It is proven that the access, once used, is over.
    Out,
    /// It is proven that the access is over and was never used.
    OutUnused,
    /// Somebody closes the record without a proof.
    Force,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 16] = [
        Self::Approve,
        Self::Decline,
        Self::Start,
        Self::Asked,
        Self::Inside,
        Self::Off,
        Self::Gone,
        Self::Lapse,
        Self::Suspend,
        Self::Resume,
        Self::Extend,
        Self::Withdraw,
        Self::End,
        Self::Out,
        Self::OutUnused,
        Self::Force,
    ];
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Start => "start",
            Self::Asked => "asked",
            Self::Inside => "inside",
            Self::Off => "off",
            Self::Gone => "gone",
            Self::Lapse => "lapse",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Extend => "extend",
            Self::Withdraw => "withdraw",
            Self::End => "end",
            Self::Out => "out",
            Self::OutUnused => "out unused",
            Self::Force => "force-close",
        })
    }
}

/// What a move does in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The grant goes into this phase.
    To(Phase),
    /// It happens, and the phase stays.
    Stay,
    /// It makes no sense there.
    Refused,
}

use Cell::{Refused as No, Stay, To};
use Phase::{Active, Awaiting, Closing, Ended, ForceClosed, NeverOpened, Opening, Suspended};

/// Every phase (down) and every move (across), in the order of [`Phase::ALL`] and [`Move::ALL`].
#[rustfmt::skip]
pub const TABLE: [[Cell; 16]; 9] = [
    //            Approve Decline          Start        Asked         Inside      Off            Gone       Lapse            Suspend        Resume       Extend Withdraw         End              Out        OutUnused        Force
    /* Requested */ [Stay, To(NeverOpened), To(Opening), No,           No,         No,            No,        No,              No,            No,          Stay,  To(NeverOpened), To(NeverOpened), No,        No,              To(ForceClosed)],
    /* Opening   */ [No,   To(Closing),     Stay,        To(Awaiting), To(Active), Stay,          Stay,      To(Closing),     No,            No,          Stay,  To(Closing),     To(Closing),     No,        No,              To(ForceClosed)],
    /* Awaiting  */ [No,   To(Closing),     Stay,        Stay,         To(Active), Stay,          Stay,      To(Closing),     No,            No,          Stay,  To(Closing),     To(Closing),     No,        No,              To(ForceClosed)],
    /* Active    */ [No,   No,              Stay,        Stay,         Stay,       To(Suspended), To(Ended), No,              To(Suspended), Stay,        Stay,  No,              To(Closing),     No,        No,              To(ForceClosed)],
    /* Suspended */ [No,   No,              Stay,        Stay,         Stay,       Stay,          Stay,      No,              Stay,          To(Opening), Stay,  No,              To(Closing),     No,        No,              To(ForceClosed)],
    /* Closing   */ [No,   Stay,            No,          Stay,         Stay,       Stay,          Stay,      Stay,            No,            No,          No,    Stay,            Stay,            To(Ended), To(NeverOpened), To(ForceClosed)],
    /* Ended     */ [No,   No,              No,          No,           No,         No,            No,        No,              No,            No,          No,    No,              No,              No,        No,              No],
    /* Never     */ [No,   No,              No,          No,           No,         No,            No,        No,              No,            No,          No,    No,              No,              No,        No,              No],
    /* Forced    */ [No,   No,              No,          No,           No,         No,            No,        No,              No,            No,          No,    No,              No,              No,        No,              No],
];

impl Phase {
    /// The table's cell for a move in this phase.
    #[must_use]
    pub fn cell(self, happens: Move) -> Cell {
        let row = Self::ALL.iter().position(|phase| *phase == self).and_then(|row| TABLE.get(row));
        let column = Move::ALL.iter().position(|known| *known == happens);
        row.zip(column).and_then(|(row, column)| row.get(column)).copied().unwrap_or(No)
    }

    /// The phase after a move.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the move makes no sense.
    pub fn after(self, happens: Move) -> Result<Self> {
        match self.cell(happens) {
            To(phase) => Ok(phase),
            Stay => Ok(self),
            No => {
                Err(Error::new(ErrorKind::Conflict, format!("a grant that is {self} takes no `{happens}`"))
                    .with_remedy(remedy(self, happens)))
            }
        }
    }
}

fn remedy(phase: Phase, happens: Move) -> &'static str {
    match (phase, happens) {
        (phase, _) if phase.is_over() => "it is over: ask for a new grant",
        (Phase::Closing, Move::Extend | Move::Resume | Move::Suspend) => "it is ending: ask for a new grant",
        (Phase::Active | Phase::Suspended, Move::Withdraw | Move::Decline) => "it is in use: revoke it",
        (_, Move::Approve) => "only what waits for approval is approved",
        _ => "see the grant for where it stands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cell, and what must hold of all of them whatever their values.
    #[test]
    fn every_cell_keeps_the_promises() {
        for phase in Phase::ALL {
            for happens in Move::ALL {
                let cell = phase.cell(happens);
                let next = phase.after(happens);
                match cell {
                    To(to) => {
                        assert_ne!(to, phase, "{phase} {happens}: a move to the same phase is Stay");
                        assert_eq!(next.unwrap(), to);
                        // What is owed stays owed until it is proven, seen gone, or closed by force.
                        let settles = matches!(
                            (phase, happens),
                            (Closing, Move::Out | Move::OutUnused) | (Active, Move::Gone) | (_, Move::Force)
                        );
                        assert!(
                            !phase.is_owed() || to.is_owed() || settles,
                            "{phase} {happens} loses a debt"
                        );
                        assert!(
                            to != Ended || phase.is_owed(),
                            "{phase} {happens}: what was never owed never ended"
                        );
                        assert_eq!(to == ForceClosed, happens == Move::Force, "{phase} {happens}");
                        // Nothing opens again what is ending.
                        assert!(phase != Closing || to.is_over(), "{phase} {happens}");
                    }
                    Stay => assert_eq!(next.unwrap(), phase),
                    No => {
                        let error = next.unwrap_err();
                        assert_eq!(error.kind(), ErrorKind::Conflict);
                        assert!(error.to_string().contains(phase.as_str()), "{error}");
                    }
                }
                assert!(!phase.is_over() || cell == No, "{phase} {happens}: what is over stays so");
            }
        }
    }

    #[test]
    fn every_owed_phase_can_be_ended() {
        for phase in Phase::ALL.into_iter().filter(|phase| !phase.is_over()) {
            let after = phase.after(Move::End).unwrap();
            assert!(matches!(after, Closing | NeverOpened), "{phase}");
            assert_eq!(after == NeverOpened, phase == Phase::Requested, "{phase}");
        }
    }
}
