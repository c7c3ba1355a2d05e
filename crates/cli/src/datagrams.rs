//! Forwards a local UDP port to a node's (`docklet.udp.v1`). Each local peer has a WebSocket of its own, its association, which
//! brings the answers back to it. Datagrams that find a full queue are dropped, as UDP does; no queue grows.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    net::UdpSocket,
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;
use wire::udp::{MAX_DATAGRAM, SUBPROTOCOL};

use crate::{
    client::Client,
    failure::Failure,
    relay::{DONE, broken_off},
    websocket::{Received, Receiver, Sender, WebSocket, pings},
};

/// An association ends when there was no datagram either way for as long. Routers forget sooner.
const IDLE: Duration = Duration::from_secs(60);
/// Of all forwards. Each is one of the streams its person may have open, and terminals need some.
const MOST_PEERS: usize = 128;
/// Datagrams of one peer that may wait for the network.
const QUEUE: usize = 32;
/// After a failure its peer is not heard for as long: each datagram would be tried, and each failure told.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(100);

/// What all associations of one local port share.
pub(crate) struct Way {
    pub(crate) client: Arc<Client>,
    /// Names the node's port.
    pub(crate) path: String,
    pub(crate) socket: UdpSocket,
    /// The socket's address.
    pub(crate) local: SocketAddr,
    pub(crate) fail: mpsc::Sender<Failure>,
    /// Those of all forwards.
    pub(crate) peers: Arc<Mutex<Peers>>,
}

/// Forwards what comes to the socket, and what is answered, for ever.
pub(crate) async fn forward(way: Way) {
    let way = Arc::new(way);
    let mut buffer = vec![0; MAX_DATAGRAM + 1];
    loop {
        match way.socket.recv_from(&mut buffer).await {
            // IPv6 has longer ones.
            Ok((count, _)) if count > MAX_DATAGRAM => {}
            Ok((count, peer)) => {
                let datagram = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
                let mut peers = way.peers.lock().unwrap_or_else(PoisonError::into_inner);
                peers.give((way.local, peer), datagram, |queue, used| {
                    AbortOnDropHandle::new(tokio::spawn(associate(way.clone(), peer, queue, used)))
                });
            }
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// One peer's datagrams, both ways, until it is idle, or the node's end.
async fn associate(way: Arc<Way>, peer: SocketAddr, mut queue: mpsc::Receiver<Bytes>, used: Arc<Used>) {
    let carried = async {
        let (sender, receiver) = WebSocket::open(&way.client, &way.path, SUBPROTOCOL).await?.split();
        tokio::select! {
            end = down(receiver, &way.socket, peer, &used) => end,
            () = up(sender, &mut queue) => Ok(()),
            () = used.idle() => Ok(()),
        }
    };
    if let Err(failure) = carried.await {
        // Who has nobody to tell ends anyway.
        let _ = way.fail.send(failure).await;
        sleep(RETRY_AFTER).await;
    }
}

/// Ends when the peer gives way. How the connection ends is told in the other direction.
async fn up(mut sender: Sender, queue: &mut mpsc::Receiver<Bytes>) {
    let mut pings = pings();
    loop {
        let sent = tokio::select! {
            datagram = queue.recv() => match datagram {
                Some(datagram) => sender.send(datagram).await,
                None => return,
            },
            _ = pings.tick() => sender.ping().await,
        };
        if sent.is_err() {
            return std::future::pending().await;
        }
    }
}

async fn down(mut receiver: Receiver, socket: &UdpSocket, peer: SocketAddr, used: &Used) -> Result<(), Failure> {
    loop {
        match receiver.receive().await {
            Received::Bytes(datagram) => {
                used.again();
                // A peer that is gone, or takes none as long, does not get it.
                let _ = socket.send_to(&datagram, peer).await;
            }
            // The node has stopped. The peer's next datagram asks for it anew.
            Received::Closed(DONE) => return Ok(()),
            Received::Closed(code) => return Err(broken_off(code)),
        }
    }
}

/// When an association had its last datagram.
struct Used {
    last: Mutex<Instant>,
}

impl Used {
    fn now() -> Self {
        Self { last: Mutex::new(Instant::now()) }
    }

    fn again(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn idle(&self) {
        loop {
            let until = self.last() + IDLE;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

struct Association {
    queue: mpsc::Sender<Bytes>,
    used: Arc<Used>,
    /// Opening a stream may take long, and so may telling a failure: neither goes on for a peer that has given way.
    _task: AbortOnDropHandle<()>,
}

/// The address that is sent to, and who sends.
type Peer = (SocketAddr, SocketAddr);

/// Who has an association. Those that have ended are forgotten when their place is needed.
pub(crate) struct Peers {
    most: usize,
    known: HashMap<Peer, Association>,
}

impl Default for Peers {
    fn default() -> Self {
        Self::new(MOST_PEERS)
    }
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most, known: HashMap::new() }
    }

    /// Gives the datagram to its peer's association, a new one where there is none.
    fn give(
        &mut self,
        peer: Peer,
        datagram: Bytes,
        spawn: impl FnOnce(mpsc::Receiver<Bytes>, Arc<Used>) -> AbortOnDropHandle<()>,
    ) {
        let datagram = match self.known.get(&peer) {
            None => datagram,
            Some(known) => {
                known.used.again();
                match known.queue.try_send(datagram) {
                    // A full queue loses it.
                    Ok(()) | Err(TrySendError::Full(_)) => return,
                    Err(TrySendError::Closed(datagram)) => datagram,
                }
            }
        };
        self.make_room(peer);
        let ((queue, queued), used) = (mpsc::channel(QUEUE), Arc::new(Used::now()));
        // There is room for its first.
        let _ = queue.try_send(datagram);
        let task = spawn(queued, used.clone());
        self.known.insert(peer, Association { queue, used, _task: task });
    }

    /// The one that was idle for longest gives way.
    fn make_room(&mut self, peer: Peer) {
        self.known.remove(&peer);
        if self.known.len() < self.most {
            return;
        }
        self.known.retain(|_, known| !known.queue.is_closed());
        if self.known.len() >= self.most {
            let longest = self.known.iter().min_by_key(|(_, known)| known.used.last()).map(|(peer, _)| *peer);
            if let Some(longest) = longest {
                self.known.remove(&longest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt as _, net::TcpListener, time::timeout};

    use super::*;
    use crate::config::Context;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    fn peer(port: u16) -> Peer {
        (address(53), address(port))
    }

    fn datagram(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    /// What a new association is made of, where the datagram needs one. Its task does nothing until it is ended.
    fn give(peers: &mut Peers, peer: Peer, text: &'static str) -> Option<(mpsc::Receiver<Bytes>, Arc<Used>)> {
        let mut made = None;
        peers.give(peer, datagram(text), |queue, used| {
            made = Some((queue, used));
            AbortOnDropHandle::new(tokio::spawn(std::future::pending()))
        });
        made
    }

    #[tokio::test]
    async fn each_peer_has_a_queue_of_its_own_in_which_its_datagrams_are_in_order() {
        let mut peers = Peers::new(9);
        let (mut one, _) = give(&mut peers, peer(1), "a").expect("it is new");
        let (mut other, _) = give(&mut peers, peer(2), "b").expect("it is new");
        assert!(give(&mut peers, peer(1), "c").is_none(), "it is known");
        drop(peers);
        assert_eq!(
            (one.recv().await, one.recv().await, one.recv().await),
            (Some(datagram("a")), Some(datagram("c")), None)
        );
        assert_eq!((other.recv().await, other.recv().await), (Some(datagram("b")), None));
    }

    #[tokio::test]
    async fn a_queue_that_is_full_loses_datagrams_and_does_not_grow() {
        let mut peers = Peers::new(9);
        let (mut queue, _) = give(&mut peers, peer(1), "first").expect("it is new");
        for _ in 0..10 * QUEUE {
            assert!(give(&mut peers, peer(1), "more").is_none());
        }
        assert_eq!((queue.len(), queue.recv().await), (QUEUE, Some(datagram("first"))));
    }

    #[tokio::test]
    async fn an_association_that_has_ended_is_made_anew_with_the_datagram_that_found_it_so() {
        let mut peers = Peers::new(9);
        drop(give(&mut peers, peer(1), "first"));
        let (mut queue, _) = give(&mut peers, peer(1), "second").expect("it is new again");
        assert_eq!(queue.recv().await, Some(datagram("second")));
    }

    #[tokio::test(start_paused = true)]
    async fn the_peer_that_was_idle_for_longest_gives_way_and_those_that_have_ended_before() {
        let mut peers = Peers::new(3);
        let mut queues = Vec::new();
        for port in 1..=3 {
            queues.push(give(&mut peers, peer(port), "hello").expect("it is new"));
            tokio::time::advance(SECOND).await;
        }
        // An answer is use as well.
        queues[0].1.again();
        queues.extend(give(&mut peers, peer(4), "hello"));
        let alive: Vec<bool> = queues.iter().map(|(queue, _)| !queue.is_closed()).collect();
        assert_eq!(alive, [true, false, true, true]);
        drop(queues.remove(0));
        give(&mut peers, peer(5), "hello").expect("it is new");
        assert!(!queues[1].0.is_closed() && !queues[2].0.is_closed(), "there was room");
    }

    #[tokio::test(start_paused = true)]
    async fn all_forwards_together_have_so_many_peers_and_one_that_sends_to_two_is_two() {
        let mut peers = Peers::new(2);
        let (dns, _) = give(&mut peers, (address(53), address(9)), "hello").expect("it is new");
        tokio::time::advance(SECOND).await;
        let (other, _) = give(&mut peers, (address(54), address(9)), "hello").expect("it is new");
        let _third = give(&mut peers, (address(55), address(9)), "hello").expect("it is new");
        assert!(dns.is_closed() && !other.is_closed());
    }

    #[tokio::test]
    async fn who_gives_way_while_its_stream_is_being_opened_lets_go_of_the_connection() {
        // A server that never answers.
        let listener = TcpListener::bind(address(0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let client = Arc::new(Client::new(&Context { url, token: "dkl_x".into() }).expect("a client"));
        let socket = UdpSocket::bind(address(0)).await.expect("a port");
        let (fail, mut failed) = mpsc::channel(1);
        let peers = Arc::new(Mutex::new(Peers::new(1)));
        let way = Way { client, path: "/none".into(), socket, local: address(53), fail, peers: peers.clone() };
        peers.lock().expect("nothing panics").give(peer(1), datagram("hello"), |queue, used| {
            AbortOnDropHandle::new(tokio::spawn(associate(Arc::new(way), address(1), queue, used)))
        });
        let (mut connection, _) = listener.accept().await.expect("it connects");
        let _other = give(&mut peers.lock().expect("nothing panics"), peer(2), "hello").expect("it is new");
        let mut asked = Vec::new();
        // Cut off or ended: either way it is closed.
        let _ = timeout(10 * SECOND, connection.read_to_end(&mut asked)).await.expect("in time");
        let failure = timeout(10 * SECOND, failed.recv()).await.expect("in time");
        assert!(failure.is_none(), "that is no failure");
    }

    #[tokio::test(start_paused = true)]
    async fn an_association_is_idle_a_minute_after_its_last_datagram() {
        let (used, begun) = (Used::now(), Instant::now());
        let idle = async {
            used.idle().await;
            begun.elapsed()
        };
        let again = async {
            sleep(40 * SECOND).await;
            used.again();
        };
        assert_eq!(tokio::join!(idle, again).0.as_secs(), 100);
    }
}
