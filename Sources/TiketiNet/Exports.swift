// Whoever speaks HTTP speaks of identifiers and instants: the values of `TiketiBase` come with this module.
@_exported import TiketiBase
