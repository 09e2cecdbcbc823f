//! `[sinks.NAME]`: where secrets go.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use guestpass::{Result, Sink};
use toml::Spanned;

use super::credential::Reading;
use super::file::SinkTable;
use crate::command_line::CommandLine;
use crate::sinks::{CommandSink, FileSink, FolderSink};

/// A sink of the configuration.
#[derive(Debug)]
pub(super) struct SinkEntry {
    pub(super) sink: Arc<dyn Sink>,
    pub(super) room: Room,
}

/// What may go to a sink.
#[derive(Debug)]
pub(super) enum Room {
    /// Passwords and credentials, any number.
    Many,
    /// The credential with this label; no rotation while no credential names the sink.
    One(Option<String>),
}

/// Reads all of them. `owner` tells whose file a sink for one credential is.
pub(super) fn read_all(
    tables: BTreeMap<Spanned<String>, SinkTable>,
    with: Reading<'_>,
    owner: impl Fn(&str) -> Result<Option<String>>,
) -> Result<BTreeMap<String, SinkEntry>> {
    let mut sinks = BTreeMap::new();
    let mut files: HashMap<PathBuf, String> = HashMap::new();
    for (name, table) in tables {
        let entry = match (&table.path, &table.file, &table.command) {
            (Some(path), None, None) => {
                let owner = owner(name.get_ref())?;
                let sink = FileSink::new(with.folder.join(path.get_ref()), owner.clone());
                for file in sink.files() {
                    if let Some(other) = files.insert(file, name.get_ref().clone()) {
                        let problem =
                            format!("`path` and its companions are files of the sink `{other}` already");
                        return Err(with.source.fault(path.span(), &problem, "name another file"));
                    }
                }
                SinkEntry { sink: Arc::new(sink), room: Room::One(owner) }
            }
            (None, Some(folder), None) => {
                let sink = FolderSink::new(with.folder.join(folder.get_ref()));
                SinkEntry { sink: Arc::new(sink), room: Room::Many }
            }
            (None, None, Some(command)) => {
                let line = CommandLine::parse("command", command.get_ref(), with.folder)
                    .map_err(|error| error.found_at(&with.source.place(command.span())))?;
                let reads_back = table.reads_back.as_ref().is_some_and(|reads| *reads.get_ref());
                let sink = CommandSink::new(line, reads_back, with.clock.clone());
                SinkEntry { sink: Arc::new(sink), room: Room::Many }
            }
            _ => {
                let problem = "a sink needs either `path`, `file` or `command`";
                let remedy = "add path = \"FILE\", file = \"FOLDER\" or command = \"PROGRAM args\"";
                return Err(with.source.fault(name.span(), problem, remedy));
            }
        };
        if let (Some(reads_back), None) = (&table.reads_back, &table.command) {
            let problem = "`reads_back` is for a sink with a `command` alone: files can always be read";
            return Err(with.source.fault(reads_back.span(), problem, "leave it out"));
        }
        sinks.insert(name.into_inner(), entry);
    }
    Ok(sinks)
}
