//! What an editor says, and how it is answered.

use serde_json::{Value as Json, json};

/// The message is no JSON.
pub const PARSE_ERROR: i64 = -32_700;
/// The JSON is no message, or comes when it may not.
pub const INVALID_REQUEST: i64 = -32_600;
/// Nobody knows the method.
pub const METHOD_NOT_FOUND: i64 = -32_601;
/// The method's parameters are none.
pub const INVALID_PARAMS: i64 = -32_602;
/// The method failed for no reason of the editor's.
pub const INTERNAL_ERROR: i64 = -32_603;
/// The editor has not introduced itself.
pub const NOT_INITIALIZED: i64 = -32_002;
/// The editor took its request back.
pub const CANCELLED: i64 = -32_800;

/// A message of the editor.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// It wants an answer.
    Request {
        /// By which it knows the answer.
        id: Json,
        /// What it wants.
        method: String,
        /// Of what.
        params: Json,
    },
    /// It says something.
    Notification {
        /// What.
        method: String,
        /// Of what.
        params: Json,
    },
    /// It answers; nothing waits for that.
    Response,
}

/// Why a message has no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// One of the protocol's codes.
    pub code: i64,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Refuses what cannot be read.
    pub fn parse(why: &str) -> Self {
        Self::new(PARSE_ERROR, format!("this is no message: {why}"))
    }

    /// Refuses parameters.
    pub fn params(what: &str) -> Self {
        Self::new(INVALID_PARAMS, format!("the parameters have no {what}"))
    }
}

impl Incoming {
    /// Reads a message.
    ///
    /// # Errors
    /// JSON that is none.
    pub fn of(json: Json) -> Result<Self, Refusal> {
        let refused = |why: &str| Err(Refusal::new(INVALID_REQUEST, why));
        let Json::Object(mut parts) = json else { return refused("a message is an object") };
        let params = parts.remove("params").unwrap_or_default();
        match (parts.remove("method"), parts.remove("id")) {
            (Some(Json::String(method)), None) => Ok(Self::Notification { method, params }),
            (Some(Json::String(method)), Some(id)) if id.is_string() || id.is_number() => {
                Ok(Self::Request { id, method, params })
            }
            (Some(Json::String(_)), Some(_)) => refused("an id is a number or a string"),
            (Some(_), _) => refused("a method is a string"),
            (None, Some(_)) => Ok(Self::Response),
            (None, None) => refused("a message has a method or an id"),
        }
    }
}

/// Answers a request.
pub fn answer(id: &Json, result: Result<Json, Refusal>) -> Json {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(Refusal { code, message }) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        }
    }
}

/// Says something that wants no answer.
pub fn notice(method: &str, params: &Json) -> Json {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// Adds a part to an object, if there is one.
pub fn with(mut object: Json, name: &str, part: Option<Json>) -> Json {
    if let (Json::Object(parts), Some(part)) = (&mut object, part) {
        parts.insert(name.to_owned(), part);
    }
    object
}
