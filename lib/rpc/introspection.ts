import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation, protoPath } from "grpc-health-check";
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

const HEALTH = "grpc.health.v1.Health";

/**
 * The health contract as proto-loader keeps it, without List: of the map in its answer proto-loader makes a
 * description that tools refuse, and with it the whole file.
 */
function healthFile(): Buffer {
  const [type] = Object.values(loadSync(protoPath)).filter((t) => "fileDescriptorProtos" in t);
  const [bytes] = (type as MessageTypeDefinition<object, object>).fileDescriptorProtos;
  const file = fromBinary(FileDescriptorProtoSchema, bytes as Buffer);
  file.messageType = file.messageType.filter(({ name }) => !name.startsWith("HealthList"));
  for (const service of file.service) {
    service.method = service.method.filter(({ name }) => name !== "List");
  }
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file));
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
    const contract = { fileDescriptorProtos: [...contractFiles(), healthFile()] } as unknown;
    const types = { contract: contract as MessageTypeDefinition<object, object> };
    reflection = new ReflectionService(types, { services: [...services, HEALTH] });
    reflections.set(key, reflection);
  }
  return reflection;
}
