//! Reading bodies without trusting how long they say they are.

use axum::body::Body;
use http_body_util::BodyExt;

/// The connection ended before the body did.
pub(crate) struct BrokeOff;

/// Reads a body until it ends or has more than `most` bytes; then the rest is not read, and what
/// comes back is longer than `most`.
pub(crate) async fn collect(mut body: Body, most: usize) -> Result<Vec<u8>, BrokeOff> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BrokeOff)?.into_data() else {
            continue;
        };
        let room = (most + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&data[..data.len().min(room)]);
        if bytes.len() > most {
            break;
        }
    }
    Ok(bytes)
}
