//! Reading JSON as the OpenAPI document means it, where serde's derive does not: a list is no object, and 6.0 is a whole number.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

/// What is written as an object; derived structs can be read from a list of their fields, too.
#[derive(Debug, Clone, Copy)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A number without a fraction, however it is written.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Number).map(Self)
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        // Below 2^53 every whole number is exact, so the cast loses nothing.
        let is_whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
        if is_whole { Ok(value as i64) } else { Err(E::invalid_type(Unexpected::Float(value), &self)) }
    }
}

pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

pub(crate) fn maybe_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(deserializer).map(|object| object.map(|Object(value)| value))
}

pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Whole::deserialize(deserializer).map(|Whole(value)| value)
}

pub(crate) fn maybe_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::<Whole>::deserialize(deserializer).map(|whole| whole.map(|Whole(value)| value))
}

pub(crate) fn wholes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
    Vec::<Whole>::deserialize(deserializer).map(|all| all.into_iter().map(|Whole(value)| value).collect())
}

#[cfg(test)]
mod tests {
    use crate::{admin::ChangeUser, terminals::OpenTerminal, vcluster::CreateVcluster};

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        let order = |nodes: &str| {
            let resources = r#"{"cpus":1,"memory_mib":1024.0}"#;
            serde_json::from_str::<CreateVcluster>(&format!(
                r#"{{"name":"lab","image":"docklet/base","nodes":{nodes},"resources":{resources}}}"#
            ))
        };
        for nodes in ["6", "6.0", "6e0", "0.6e1"] {
            assert_eq!(order(nodes).expect(nodes).nodes, 6);
        }
        for nodes in ["6.5", "\"6\"", "null", "1e300", "18446744073709551615"] {
            assert!(order(nodes).is_err(), "{nodes}");
        }
        assert_eq!(
            serde_json::from_str::<OpenTerminal>(r#"{"cols":80.0,"rows":null}"#).expect("a size").cols,
            Some(80)
        );
    }

    #[test]
    fn a_list_is_no_object_however_deep() {
        for body in [
            r#"{"name":"lab","image":"docklet/base","nodes":1,"resources":[1.0,1024]}"#,
            r#"{"name":"lab","image":"docklet/base","nodes":1,"resources":null}"#,
        ] {
            assert!(serde_json::from_str::<CreateVcluster>(body).is_err(), "{body}");
        }
        assert!(serde_json::from_str::<ChangeUser>(r#"{"limits":[null,null,null,null]}"#).is_err());
        assert_eq!(serde_json::from_str::<ChangeUser>(r#"{"limits":null}"#).expect("nothing to change").limits, None);
        assert!(serde_json::from_str::<ChangeUser>(r#"{"limits":{"nodes":3.0}}"#).expect("a limit").limits.is_some());
    }
}
