//! Where secrets go by themselves: a file for one credential, a folder for several secrets, or a program that takes them.

mod command;
mod copies;
mod file;
mod folder;

pub(crate) use command::CommandSink;
pub(crate) use file::FileSink;
pub(crate) use folder::FolderSink;
