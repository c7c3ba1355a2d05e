//! A viewer of a terminal: keeps what it was shown, byte for byte, and acknowledges as a browser would.

use node_init::client::{FrameReader, NodeClient, NodeStream, write_frame};
use node_init::protocol::{Attach, AttachReply, ClientId, Resume, TerminalId};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::time::timeout;
use wire::terminal::{ClientFrame, Exit, NodeFrame, Size};

use super::PATIENCE;

/// A viewer with everything it ever got.
pub(crate) struct Viewer {
    reader: FrameReader<ReadHalf<NodeStream>>,
    writer: WriteHalf<NodeStream>,
    pub(crate) reply: AttachReply,
    /// Output bytes since the start offset, or since the last snapshot.
    pub(crate) output: Vec<u8>,
    /// The last snapshot.
    pub(crate) snapshot: Vec<u8>,
    snapshot_open: bool,
    pub(crate) snapshots: usize,
    /// The offset it has everything before.
    pub(crate) offset: u64,
    pub(crate) input: u64,
    pub(crate) input_acked: u64,
    pub(crate) sizes: Vec<Size>,
    pub(crate) pongs: Vec<u64>,
    pub(crate) errors: Vec<String>,
    pub(crate) exit: Option<Exit>,
    pub(crate) closed: bool,
    /// Whether output is acknowledged as it comes.
    pub(crate) acks: bool,
}

/// A random client id.
pub(crate) fn client_id() -> ClientId {
    let mut random = [0; 16];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty()).expect("the kernel has randomness");
    ClientId::new(random)
}

impl Viewer {
    /// Attaches at the beginning with a new client id and a window of 80 by 24.
    pub(crate) async fn attach(client: &NodeClient, id: &TerminalId) -> Self {
        Self::attach_as(client, id, client_id(), Resume::Offset(0), 80, 24).await
    }

    /// Attaches as a given client.
    pub(crate) async fn attach_as(
        client: &NodeClient,
        id: &TerminalId,
        name: ClientId,
        from: Resume,
        cols: u16,
        rows: u16,
    ) -> Self {
        let request = Attach { id: id.clone(), client: name, from, cols, rows, input_from: None };
        let (reply, stream) = client.attach(request).await.expect("the viewer attaches");
        let (read, writer) = tokio::io::split(stream);
        Self {
            reader: FrameReader::new(read),
            writer,
            reply,
            output: Vec::new(),
            snapshot: Vec::new(),
            snapshot_open: false,
            snapshots: 0,
            offset: reply.start_offset,
            input: reply.input_offset,
            input_acked: 0,
            sizes: Vec::new(),
            pongs: Vec::new(),
            errors: Vec::new(),
            exit: None,
            closed: false,
            acks: true,
        }
    }

    /// Types.
    pub(crate) async fn send(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let seq = self.input;
        self.input += bytes.len() as u64;
        self.frame(ClientFrame::Input { seq, bytes }).await;
    }

    /// Sends any frame.
    pub(crate) async fn frame(&mut self, frame: ClientFrame<'_>) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        write_frame(&mut self.writer, &bytes).await.expect("the node takes the frame");
    }

    /// Takes one frame; false after the end of the stream.
    pub(crate) async fn step(&mut self) -> bool {
        let Some(frame) = self.reader.next().await.expect("the node sends frames") else {
            self.closed = true;
            return false;
        };
        let mut ack = None;
        match NodeFrame::decode(frame).expect("the node sends frames that can be read") {
            NodeFrame::Output { offset, bytes } => {
                assert_eq!(offset, self.offset, "output continues where it stopped");
                self.output.extend_from_slice(bytes);
                self.offset += bytes.len() as u64;
                ack = Some(self.offset);
            }
            NodeFrame::Snapshot { offset, more, bytes, .. } => {
                if !self.snapshot_open {
                    self.snapshot.clear();
                    self.output.clear();
                }
                self.snapshot.extend_from_slice(bytes);
                self.snapshot_open = more;
                self.snapshots += usize::from(!more);
                self.offset = offset;
                ack = (!more).then_some(offset);
            }
            NodeFrame::InputAck { seq } => self.input_acked = seq,
            NodeFrame::Size(size) => self.sizes.push(size),
            NodeFrame::Exit(exit) => {
                self.exit = Some(exit);
                ack = Some(self.offset);
            }
            NodeFrame::Pong { nonce } => self.pongs.push(nonce),
            NodeFrame::Error { code, .. } => self.errors.push(code.to_owned()),
        }
        if let Some(offset) = ack.filter(|_| self.acks) {
            let mut bytes = Vec::new();
            ClientFrame::Ack { offset }.encode(&mut bytes);
            // A node that is stopped may be gone before the last of its frames was read.
            let _ = write_frame(&mut self.writer, &bytes).await;
        }
        true
    }

    /// Takes frames until the condition holds.
    pub(crate) async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let wait = async {
            while !condition(self) {
                if !self.step().await {
                    return condition(self);
                }
            }
            true
        };
        let held = timeout(PATIENCE, wait).await;
        assert!(held == Ok(true), "waited for {what}; {}", self.state());
    }

    /// Takes frames until the output contains the text.
    pub(crate) async fn sees(&mut self, text: &str) {
        let mut from = 0;
        let wait = async {
            loop {
                let start = from.min(self.output.len());
                if find(&self.output[start..], text).is_some() {
                    return true;
                }
                from = self.output.len().saturating_sub(text.len());
                if !self.step().await {
                    return false;
                }
            }
        };
        let held = timeout(PATIENCE, wait).await;
        assert!(held == Ok(true), "waited for {text:?}; {}", self.state());
    }

    /// Where the output has the text.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        find(&self.output, text)
    }

    /// Whether the output ends with the text.
    pub(crate) fn ends_with(&self, text: &str) -> bool {
        self.output.ends_with(text.as_bytes())
    }

    fn state(&self) -> String {
        let shown = String::from_utf8_lossy(&self.output[self.output.len().saturating_sub(400)..]).into_owned();
        let Self { offset, snapshots, errors, closed, .. } = self;
        format!("offset {offset}, {snapshots} snapshots, errors {errors:?}, closed {closed}, last output {shown:?}")
    }

    /// The output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text.as_bytes())
}
