import type { Server } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { contractImage } from "../contract.js";

let contract: PackageDefinition | undefined;
/** Building one takes 70 ms, so servers of the same services share it: it only answers questions. */
const reflections = new Map<string, ReflectionService>();

/** What a gRPC server tells about itself: grpc.health.v1, and reflection of the services it serves. */
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

function reflectionOf(services: string[]): ReflectionService {
  const key = services.join();
  let reflection = reflections.get(key);
  if (!reflection) {
    contract ??= loadFileDescriptorSetFromBuffer(contractImage, { keepCase: true });
    reflection = new ReflectionService(contract, { services });
    reflections.set(key, reflection);
  }
  return reflection;
}
