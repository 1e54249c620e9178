// The seat map: a canvas outside React's rendering, and the pure parts around it.
export { bestAdjacent, bestTogether, nearestAlternative, type Together, type Wanted } from './adjacent';
export { decodeCompact, decodeLayout, decodeSeats, type DecodedMap, type LayoutJSON, type SeatJSON } from './decode';
export { arrange, type Geometry } from './geometry';
export { makeHall, seatLabel, type Hall } from './hall';
export { MiniMap, type MiniSection } from './MiniMap';
export { SeatMap, type SeatMapHandle, type SeatMapProps } from './SeatMap';
export type { Mark } from './seatMapView';
export { Selection, type Choice } from './selection';
export { AVAILABLE, decodeStates, differences, LOCKED, RESERVED, stateOf, statusOf, type SeatState } from './states';
export { mapWords, type MapWords } from './words';
