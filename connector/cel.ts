// CEL expressions of classes: parsed once, evaluated over plain values. Spec: resources.md, "HTTP probe".
