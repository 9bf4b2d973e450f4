//! The operations. One file each: what is asked, what may go wrong, the function.

mod activity;
mod decide;
mod destinations;
mod draft_save;
mod envelopes;
mod lock_screen;
mod message_discard;
mod message_edit;
mod message_retry;
mod message_send_anyway;
mod peek;
mod pin;
mod quit;
mod rail;
mod reply_send;
mod resume;
mod search;
mod server_facts;
mod settings;
mod sign_in;
mod sign_out;
mod stuck_discard;
mod stuck_retry;
mod touch_close;
mod touch_hand_on;
mod touch_put_back;
mod touch_start;
mod touch_view;
mod try_sample_practice;
mod undo;
mod unlock;

pub use lock_screen::DeeplyLocked;
pub use rail::TrayCount;
pub use sign_in::OpenPage;
