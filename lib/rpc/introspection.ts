import type { Server } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { contractImage } from "../contract.js";

let contract: PackageDefinition | undefined;

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
    contract ??= loadFileDescriptorSetFromBuffer(contractImage, { keepCase: true });
    this.#health.addToServer(server);
    new ReflectionService(contract, { services: [...this.#services] }).addToServer(server);
  }

  serving(yes: boolean): void {
    for (const service of ["", ...this.#services]) {
      this.#health.setStatus(service, yes ? "SERVING" : "NOT_SERVING");
    }
  }
}
