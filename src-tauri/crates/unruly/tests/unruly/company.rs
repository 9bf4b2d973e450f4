//! Quirks in company: in each set of a covering array the practice can still be worked with.

use serde_json::json;
use tern_unruly::{Quirk, covering_pairs};

use crate::stage::{Stage, message};

#[tokio::test]
async fn in_each_set_a_message_is_read_and_a_reply_is_stored_once() {
    for quirks in covering_pairs(1) {
        let stage = Stage::with(&quirks.to_string()).await;
        stage.ana_writes(3);
        stage.practice.clock.forward(chrono::Duration::seconds(60));
        let page = stage.get("Communication?_sort=_lastUpdated&_count=50").await;
        let good = page.ids().into_iter().filter(|id| id != "unruly-bad-entry").count();
        assert_eq!((page.status.as_u16(), good), (200, 3), "{quirks}");
        let mut reply = message("Come in at four.");
        reply["identifier"] = json!([{"value": "k"}]);
        let created = if quirks.contains(Quirk::PutNewIdRefused) {
            stage.send("POST", "Communication", &[("if-none-exist", "identifier=k")], reply).await
        } else {
            stage.put("Communication/reply", reply).await
        };
        assert_eq!(created.status, 201, "{quirks}");
        assert_eq!(stage.practice.count("Communication"), 4, "{quirks}");
        let held = stage.practice.holds("Communication", "reply").or(stage.practice.holds("Communication", "new-1"));
        let held = held.unwrap();
        assert_eq!(held["payload"][0]["contentString"], "Come in at four.", "{quirks}");
        assert_eq!(held["partOf"][0]["reference"], "Communication/leo", "{quirks}");
    }
}
