//! Signing in a program on another machine through the browser, in the shape of RFC 8628.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::user::Scope;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/device`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeginDevice {
    /// 1–40 characters: the machine's name, which the person is shown and the token is called by; `command line` when absent.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::user::TokenName>, inline))]
    pub name: Option<String>,
    /// What it wants to be allowed: `read`, `vclusters`, `ssh`, `admin`, with a space between two; `read vclusters ssh` when
    /// absent. The person may allow something else.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::user::Scopes>, inline))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// What the program shows, and what it asks with. `Debug` leaves out what opens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceCode {
    /// For `POST /api/v1/device/token`. Never shown.
    pub device_code: String,
    /// What the person types: `WDJB-MJHT`.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: String,
    /// The same, with the code filled in.
    pub verification_uri_complete: String,
    /// Seconds in which the person has to approve.
    pub expires_in: u64,
    /// Seconds between two questions.
    pub interval: u64,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("user_code", &self.user_code).finish_non_exhaustive()
    }
}

/// `POST /api/v1/device/token`. `Debug` leaves the code out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskDevice {
    pub device_code: String,
}

impl fmt::Debug for AskDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskDevice").finish_non_exhaustive()
    }
}

/// The token of a program that was approved, handed out once. `Debug` leaves its text out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceToken {
    /// `dkl_…`
    pub token: String,
    /// What it is called in the profile of its owner.
    pub name: String,
    /// What it may, as the person has decided: `read ssh`.
    #[serde(default)]
    pub scope: String,
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceToken").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A program that waits for the person to approve, as the console shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingDevice {
    /// `WDJB-MJHT`
    pub code: String,
    /// What the machine calls itself.
    pub name: String,
    /// What it asks to be allowed.
    pub scopes: Vec<Scope>,
    /// Where the program asked from.
    pub address: String,
    pub asked_at: DateTime<Utc>,
}
