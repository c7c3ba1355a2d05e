//! Whether an app can be shown, what a visitor meets where it cannot, and what there is to do about it. Pure.

use control::{
    apps::{Decision, Target},
    ports::node::{NodeError, ServiceState, ServiceStatus},
};
use domain::vcluster::VclusterState;
use proxy::ProxyError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Availability {
    /// It can be asked.
    Ready,
    /// Its vcluster is being started.
    Booting,
    /// Its service is starting, or is to be started.
    Starting,
    /// Nothing listens on its port, and only its owner can change that.
    Silent,
    /// Its vcluster is being stopped.
    Stopping,
    Stopped,
    /// Its node does not run though its vcluster was started.
    Broken,
    /// Its service ended again and again.
    Failed,
    /// Its service is not in the node's image.
    Unavailable,
    Off,
    /// Its vcluster is being deleted.
    Leaving,
}

impl Availability {
    pub(super) fn of(decision: &Decision) -> Self {
        match &decision.target {
            Target::Ready(..) => Self::Ready,
            Target::Off => Self::Off,
            Target::Stopped(state) => Self::of_vcluster(*state),
            Target::NotListening { service, .. } => {
                service.as_ref().map_or(Self::Silent, |service| Self::of_service(service.state))
            }
        }
    }

    fn of_vcluster(state: VclusterState) -> Self {
        match state {
            VclusterState::Creating | VclusterState::Starting => Self::Booting,
            VclusterState::Stopping => Self::Stopping,
            VclusterState::Stopped => Self::Stopped,
            VclusterState::Running | VclusterState::Degraded | VclusterState::Failed => Self::Broken,
            VclusterState::Deleting => Self::Leaving,
        }
    }

    fn of_service(state: ServiceState) -> Self {
        match state {
            ServiceState::Stopped | ServiceState::Starting | ServiceState::Running => Self::Starting,
            ServiceState::BackingOff | ServiceState::Failed => Self::Failed,
            ServiceState::Unavailable => Self::Unavailable,
        }
    }

    /// Names it in addresses of ours.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Booting => "booting",
            Self::Starting => "starting",
            Self::Silent => "silent",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Broken => "broken",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::Off => "off",
            Self::Leaving => "leaving",
        }
    }

    /// Something is on its way by itself.
    pub(super) fn is_moving(self) -> bool {
        matches!(self, Self::Booting | Self::Starting | Self::Stopping | Self::Leaving)
    }

    /// Pressing a button helps.
    pub(super) fn can_be_started(self) -> bool {
        matches!(self, Self::Stopped | Self::Broken | Self::Failed)
    }
}

/// The service behind an app that does not listen, when there is one.
pub(super) fn service_of(decision: &Decision) -> Option<&ServiceStatus> {
    match &decision.target {
        Target::NotListening { service, .. } => service.as_ref(),
        _ => None,
    }
}

/// The service was not asked for yet: opening the app is asking.
pub(super) fn is_to_be_started(decision: &Decision) -> bool {
    service_of(decision).is_some_and(|service| service.state == ServiceState::Stopped)
}

/// What an app that listens can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// docklet-init or the node does not answer.
    NodeAway,
    /// It was silent for too long.
    Silent,
    /// It closed the connection before it had answered.
    Closed,
    HeadTooLarge,
    /// What it answered is not HTTP, or says what must not be passed on.
    Nonsense,
    /// The visitor's own body broke off.
    Upload,
    /// The visitor's session ended meanwhile.
    SignedOut,
}

impl Trouble {
    pub(super) fn of(error: &ProxyError) -> Self {
        match error {
            // PortClosed is answered with an `Availability`, not here.
            ProxyError::Dial(NodeError::PortClosed(_)) | ProxyError::Closed | ProxyError::Send(_) => Self::Closed,
            ProxyError::Dial(_) | ProxyError::DialTimeout(_) => Self::NodeAway,
            ProxyError::HeadTimeout(_) => Self::Silent,
            ProxyError::HeadTooLarge => Self::HeadTooLarge,
            ProxyError::BadHead(_) | ProxyError::Redirect(_) => Self::Nonsense,
            ProxyError::Upload(_) => Self::Upload,
            ProxyError::Ended => Self::SignedOut,
        }
    }
}
