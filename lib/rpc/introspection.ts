import type { Server } from "@grpc/grpc-js";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { contractFiles } from "../contract.js";

/**
 * Building one takes 70 ms, so servers of the same services share it: it only answers questions.
 */
const reflections = new Map<string, ReflectionService>();

/**
 * What a gRPC server tells about itself: grpc.health.v1, and reflection of the services it serves.
 */
export class Introspection {
  readonly #health = new HealthImplementation({ "": "NOT_SERVING" });
  readonly #services = new Set<string>();

  /** Adds the service of an RPC path such as `/chat.auth.v1.Auth/Login`. */
  serves(path: string): void {
    this.#services.add(path.slice(1, path.lastIndexOf("/")));
  }

  /** To be called when all services are known. */
  addTo(server: Server): void {
    this.#health.addToServer(server);
    reflectionOf([...this.#services].sort()).addToServer(server);
  }

  serving(yes: boolean): void {
    for (const service of ["", ...this.#services]) {
      this.#health.setStatus(service, yes ? "SERVING" : "NOT_SERVING");
    }
  }
}

/**
 * The reflection service looks only at the files of the types it is given. Those of proto-loader
 * have lost their imports, which tools need; so it gets one entry with the files as they were
 * compiled.
 */
function reflectionOf(services: string[]): ReflectionService {
  const key = services.join();
  let reflection = reflections.get(key);
  if (!reflection) {
    const contract = { fileDescriptorProtos: contractFiles() } as unknown;
    const types = { contract: contract as MessageTypeDefinition<object, object> };
    reflection = new ReflectionService(types, { services });
    reflections.set(key, reflection);
  }
  return reflection;
}
