//! What a client says of a job that it submits.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{read, vcluster::NodeResources};

/// `POST /api/v1/jobs`. Numbers are wider than any valid value, so that the answer can name the rule they break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "hello", "image": "docklet/base", "resources": {"cpus": 1.0, "memory_mib": 512}, "script": "#!/bin/bash\necho hello\n"})))]
pub struct SubmitJob {
    /// 1–64 characters; other jobs may have the same name.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::job::JobName, inline))]
    pub name: String,
    /// One of the images that may be used here: `GET /api/v1/images`.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::image::ImageRef, inline))]
    pub image: String,
    #[serde(deserialize_with = "read::object")]
    pub resources: NodeResources,
    /// The program's text. Its first line may name an interpreter (`#!/bin/bash`); without that, `/bin/sh` reads it.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::job::Script, inline))]
    pub script: String,
    /// What the script is called with: 24 KiB in all, written as JSON.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(schema_with = arguments))]
    pub arguments: Vec<String>,
    /// How many seconds it may run. An hour when absent.
    #[serde(default = "usual_time_limit", deserialize_with = "read::whole")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_592_000, default = 3600))]
    pub time_limit_s: i64,
    /// The file that output and errors go to: a path below the home, or an absolute one. `%j` stands for the job's number, `%A`
    /// for its array's, `%a` for its index in that (0 without one), `%x` for its name, `%N` for its host's and `%u` for its owner's
    /// (at most three names), `%%` for a percent sign. `job-%j.out` when absent; `job-%A_%a.out` for an array.
    #[serde(default = "usual_output")]
    #[cfg_attr(feature = "openapi", schema(value_type = domain::job::OutputPath, inline, default = "job-%j.out"))]
    pub output: String,
    /// It does not start until it is released.
    #[serde(default)]
    pub hold: bool,
    /// It runs once for each of these numbers, such as `0-99`, `1-9:2` or `3,7,11`; `0-99%10` runs at most 10 at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::job::Array>, inline))]
    pub array: Option<String>,
    /// Which jobs of yours must have come to which end before it may start: `afterok:12:13,afterany:14`. `after` (has begun),
    /// `afterok`, `afternotok` and `afterany` with numbers, or `singleton`; `,` where all must be so, or `?` where one is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::job::Dependencies>, inline))]
    pub after: Option<String>,
    /// It does not start before this, which is at most a year away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_at: Option<DateTime<Utc>>,
    /// It does not start where it might not be over by then; once it cannot be in time any more, it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
    /// It lets other jobs go first by this much.
    #[serde(default, deserialize_with = "read::whole")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 10_000, default = 0))]
    pub nice: i64,
    /// Variables of its environment, 16 KiB in all. None begins with `JOB_`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = domain::job::Environment, inline))]
    pub environment: BTreeMap<String, String>,
    /// Where it begins: a path below the home, or an absolute one. The home when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::job::Directory>, inline))]
    pub directory: Option<String>,
    /// A signal, and how many seconds before its time is over it gets it: `USR1@120`; `all:USR1@120` for all its processes. Less
    /// than the time limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::job::Warning>, inline))]
    pub warning: Option<String>,
    /// When it is tried again. Never when absent.
    #[serde(default, deserialize_with = "read::object")]
    pub retries: Retries,
    /// Words to know it by: at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(schema_with = tags))]
    pub tags: Vec<String>,
}

/// When a job is tried again, in a container of its own each time, later each time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retries {
    /// So many times at most, 0 to 10.
    #[serde(default, deserialize_with = "read::whole")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 10))]
    pub most: i64,
    /// After these exit codes; after any but 0 where neither a code nor a lost host is named. A signal counts as 128 and its
    /// number.
    #[serde(default, deserialize_with = "read::wholes")]
    #[cfg_attr(feature = "openapi", schema(schema_with = exit_codes))]
    pub exit_codes: Vec<i64>,
    /// Where its host was lost.
    #[serde(default)]
    pub host_lost: bool,
}

/// None holds a NUL.
#[cfg(feature = "openapi")]
fn arguments() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ArrayBuilder, ObjectBuilder, schema::Type};
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\u0000]*$"));
    ArrayBuilder::new()
        .items(text)
        .max_items(Some(1023))
        .description(Some("What the script is called with: 24 KiB in all, written as JSON."))
        .into()
}

#[cfg(feature = "openapi")]
fn tags() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ArrayBuilder, schema::ArrayItems};
    ArrayBuilder::new()
        .items(ArrayItems::RefOrSchema(Box::new(<domain::job::Tag as utoipa::PartialSchema>::schema())))
        .max_items(Some(domain::job::Tag::MOST))
        .description(Some("Words to know it by: at most 10."))
        .into()
}

#[cfg(feature = "openapi")]
fn exit_codes() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ArrayBuilder, ObjectBuilder, schema::Type};
    ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1_u16)).maximum(Some(255_u16)))
        .max_items(Some(domain::job::Retries::MOST_CODES))
        .description(Some(
            "After these exit codes; after any but 0 where neither a code nor a lost host is named. A signal counts as 128 and its number.",
        ))
        .into()
}

fn usual_time_limit() -> i64 {
    domain::job::TimeLimit::USUAL.seconds().into()
}

fn usual_output() -> String {
    domain::job::OutputPath::USUAL.to_owned()
}

impl SubmitJob {
    /// With everything else as it is when it is absent.
    pub fn new(name: String, image: String, resources: NodeResources, script: String) -> Self {
        let (time_limit_s, output) = (usual_time_limit(), usual_output());
        Self {
            name,
            image,
            resources,
            script,
            arguments: Vec::new(),
            time_limit_s,
            output,
            hold: false,
            array: None,
            after: None,
            begin_at: None,
            deadline: None,
            nice: 0,
            environment: BTreeMap::new(),
            directory: None,
            warning: None,
            retries: Retries::default(),
            tags: Vec::new(),
        }
    }
}

impl Retries {
    pub(super) fn from_domain(retries: &domain::job::Retries) -> Self {
        let exit_codes = retries.exit_codes().iter().copied().map(i64::from).collect();
        Self { most: retries.most().into(), exit_codes, host_lost: retries.host_lost() }
    }
}
