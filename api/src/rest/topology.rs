//! `GET /v2/topology`: what clients ask first.

use axum::Json;
use serde_json::{Value, json};

/// The version of the API that is spoken; clients read it as a number.
const GATEWAY_VERSION: &str = "8.9.0";

pub(super) async fn show() -> Json<Value> {
    let partition =
        json!({ "partitionId": 1, "role": "leader", "health": "healthy", "state": "active" });
    Json(json!({
        "brokers": [{
            "nodeId": 0, "brokerId": "0", "host": "localhost", "port": 0, "partitions": [partition],
            "version": GATEWAY_VERSION,
        }],
        "clusterId": null,
        "clusterSize": 1,
        "partitionsCount": 1,
        "replicationFactor": 1,
        "gatewayVersion": GATEWAY_VERSION,
        "lastCompletedChangeId": "0",
    }))
}
