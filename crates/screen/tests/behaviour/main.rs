//! What the model promises: the same screen whatever the pieces, and a snapshot that another terminal shows the same.

mod output;
mod scrollback;
mod snapshot;
mod xterm;
