//! What to do with what arrived: decided here, carried out by `store` in the transaction that moves the cursor.
