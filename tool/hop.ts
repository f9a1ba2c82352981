// The mark on whatever goes to a tool: coming back to the proxy it would go round and round, each round at the cost of
// the one before.

/** Lower case. */
export const hopHeader = 'connectors-hop'
