import { type ChannelOptions, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { limits } from "../limits.js";

// Its failures come back to us as errors, and are told once, by our logger. GRPC_VERBOSITY brings
// its own lines back.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

/** Options of every server and channel of the mesh. */
export const grpcOptions: ChannelOptions = Object.freeze({
  "grpc.max_receive_message_length": limits.grpcMessageBytesMax,
  "grpc.max_send_message_length": limits.grpcMessageBytesMax,
  "grpc.enable_retries": 0,
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
});

/**
 * A client and a link have channels of their own, and so their own connections: what happens to one does not touch
 * another. They connect again by themselves, soon.
 */
export const channelOptions: ChannelOptions = Object.freeze({
  ...grpcOptions,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
});

/** Batches are encoded already. */
export const asIs = (batch: Buffer): Buffer => batch;
