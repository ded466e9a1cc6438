//! S6: new illegal construction, fast but lawful (快查快办、法制审核、行刑衔接、公安保障), in Wenshan.

mod flow;
mod gates;
mod justice;
mod killed;
mod money;
mod people;
mod police;
mod silent;
mod supervised;
