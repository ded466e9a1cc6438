//! The store on real journals and views.
