//! The program from outside: the real binary, against a fake store on this machine.

mod bad_input;
mod budget;
mod fixture;
mod interrupt;
mod life;
mod merchant;
mod offline;
mod secrecy;
