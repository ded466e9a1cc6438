//! S9, flow A: the police stop a leaflet man and hand the advertised number to enforcement (M067), in
//! Dengfeng; and a driver's record is for who has a purpose. Flow B is in `credit::s9`.

mod numbers;
