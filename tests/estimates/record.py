"""Writes grid.jsonl: launches of verl, and the peaks that the memory model predicts for them.

Run without arguments; needs nothing but Python. Each line holds a model, overrides, facts, and for
each phase the bytes of one GPU, or null where the phase does not happen. The formulas are written
here a second time, in plain arithmetic over tensors, so that they check those of rules/verl/memory.toml.
"""

import itertools
import json
import pathlib

GIB = 2**30
A, R, F, M = (f"actor_rollout_ref.{part}" for part in ("actor", "rollout", "ref", "model"))

MODELS = {
    "qwen2.5-7b": dict(hidden_size=3584, num_hidden_layers=28, intermediate_size=18944, num_attention_heads=28,
                       num_key_value_heads=4, vocab_size=152064, tie_word_embeddings=False),
    "qwen2.5-0.5b": dict(hidden_size=896, num_hidden_layers=24, intermediate_size=4864, num_attention_heads=14,
                         num_key_value_heads=2, vocab_size=151936, tie_word_embeddings=True),
    "qwen3-8b": dict(hidden_size=4096, num_hidden_layers=36, intermediate_size=12288, num_attention_heads=32,
                     num_key_value_heads=8, head_dim=128, vocab_size=151936, tie_word_embeddings=False),
    "qwen3-0.6b": dict(hidden_size=1024, num_hidden_layers=28, intermediate_size=3072, num_attention_heads=16,
                       num_key_value_heads=8, head_dim=128, vocab_size=151936, tie_word_embeddings=True),
    "llama-3.1-8b": dict(hidden_size=4096, num_hidden_layers=32, intermediate_size=14336, num_attention_heads=32,
                         num_key_value_heads=8, head_dim=None, vocab_size=128256, tie_word_embeddings=False),
}


class Model:
    """Counts of weights; `tie_word_embeddings` is true where it is left out."""

    def __init__(self, config):
        self.hidden, self.layers = config["hidden_size"], config["num_hidden_layers"]
        self.inner, self.vocab = config["intermediate_size"], config["vocab_size"]
        heads = config["num_attention_heads"]
        kv_heads = config.get("num_key_value_heads", heads)
        size = config.get("head_dim") or self.hidden // heads
        query_and_output = 2 * self.hidden * heads * size
        key_and_value = 2 * self.hidden * kv_heads * size
        self.layer = query_and_output + key_and_value + 3 * self.hidden * self.inner
        self.embeddings = self.vocab * self.hidden * (1 if config.get("tie_word_embeddings", True) else 2)
        self.weights = self.embeddings + self.layers * (self.layer + 2 * self.hidden) + self.hidden


DEFAULTS = {
    "data.max_prompt_length": 512, "data.max_response_length": 512, "data.train_batch_size": 1024,
    "algorithm.adv_estimator": "gae", "algorithm.use_kl_in_reward": False,
    "algorithm.rollout_correction.bypass_mode": False,
    "trainer.n_gpus_per_node": 8, "trainer.nnodes": 1,
    f"{M}.use_remove_padding": True, f"{M}.use_fused_kernels": False,
    f"{M}.enable_gradient_checkpointing": True, f"{M}.enable_activation_offload": False,
    f"{A}.strategy": "fsdp", f"{A}.use_kl_loss": False, f"{A}.entropy_coeff": 0, f"{A}.calculate_entropy": False,
    f"{A}.entropy_from_logits_with_chunking": False, f"{A}.entropy_from_logits_chunk_size": 2048,
    f"{A}.use_dynamic_bsz": False, f"{A}.ppo_max_token_len_per_gpu": 16384,
    f"{A}.ppo_mini_batch_size": 256, f"{A}.ulysses_sequence_parallel_size": 1,
    f"{A}.fsdp_config.fsdp_size": -1, f"{A}.fsdp_config.model_dtype": "fp32", f"{A}.fsdp_config.offload_policy": False,
    f"{A}.fsdp_config.param_offload": False, f"{A}.fsdp_config.optimizer_offload": False,
    f"{A}.fsdp_config.reshard_after_forward": True,
    f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation": False,
    f"{F}.fsdp_config.param_offload": False,
    f"{A}.entropy_checkpointing": False,
    f"{R}.n": 1, f"{R}.free_cache_engine": True, f"{R}.gpu_memory_utilization": 0.5, f"{R}.enforce_eager": False,
    f"{R}.tensor_model_parallel_size": 2, f"{R}.checkpoint_engine.update_weights_bucket_megabytes": 2048,
    "critic.fsdp.param_offload": False, "critic.fsdp.optimizer_offload": False,
    "critic.model.enable_gradient_checkpointing": True, "critic.ppo_max_token_len_per_gpu": 32768,
}


def peaks(model, overrides, mean=0, capacity=79.18 * GIB):
    """Returns the weights and, for each phase, the bytes that one GPU holds at the peak."""
    get = {**DEFAULTS, **overrides}.__getitem__
    maybe = overrides.get
    m = Model(model)
    world = get("trainer.n_gpus_per_node") * get("trainer.nnodes")
    ulysses = get(f"{A}.ulysses_sequence_parallel_size")
    ranks = world // ulysses
    longest = get("data.max_prompt_length") + get("data.max_response_length")
    length = min(mean, longest) if mean and get(f"{M}.use_remove_padding") else longest

    def tokens(per_gpu, whole, limit):
        if get(f"{A}.use_dynamic_bsz"):
            return maybe(limit, get(f"{A}.ppo_max_token_len_per_gpu"))
        rows = maybe(per_gpu) or maybe(whole) // ranks
        return rows * length / ulysses

    # State on one rank.
    fsdp_size = get(f"{A}.fsdp_config.fsdp_size")
    shards = min(fsdp_size, world) if fsdp_size > 0 else world
    fsdp2 = get(f"{A}.strategy") == "fsdp2"
    width = 4 if get(f"{A}.fsdp_config.model_dtype") == "fp32" else 2
    parameters = 0 if fsdp2 and get(f"{A}.fsdp_config.offload_policy") else width * m.weights / shards
    adam, gradients = 2 * parameters, parameters
    idle = 0 if get(f"{A}.fsdp_config.param_offload") else parameters
    idle_adam = 0 if get(f"{A}.fsdp_config.optimizer_offload") else adam
    uses_ref = get(f"{A}.use_kl_loss") or get("algorithm.use_kl_in_reward")
    others = 2 * m.weights / shards if uses_ref and not get(f"{F}.fsdp_config.param_offload") else 0
    reference_shard = others
    uses_critic = get("algorithm.adv_estimator") == "gae"
    if uses_critic:
        others += 0 if get("critic.fsdp.param_offload") else 4 * m.weights / world
        others += 0 if get("critic.fsdp.optimizer_offload") else 8 * m.weights / world
    graphs = 0 if get(f"{R}.enforce_eager") else GIB / 2 if maybe(f"{R}.cudagraph_capture_sizes") else 3 * GIB / 2
    awake = get(f"{R}.gpu_memory_utilization") * capacity + graphs
    sleeps = get(f"{R}.free_cache_engine")
    asleep = 3 * GIB / 2 + graphs if sleeps else awake
    gathered = 2 * (m.embeddings + m.layer)

    # Passes without gradients.
    fused, chunked = get(f"{M}.use_fused_kernels"), get(f"{A}.entropy_from_logits_with_chunking")
    chunks = 3 * get(f"{A}.entropy_from_logits_chunk_size") * m.vocab * 4

    def head(n, entropy):
        if fused:
            return min(2 * n * m.hidden + GIB / 2, 2 * (2 * n * m.vocab))
        copies = 2 * (2 * n * m.vocab)
        return copies + (0 if not entropy else chunks if chunked else 2 * (4 * n * m.vocab))

    n = tokens(f"{R}.log_prob_micro_batch_size_per_gpu", f"{R}.log_prob_micro_batch_size",
               f"{R}.log_prob_max_token_len_per_gpu")
    log_prob = parameters + idle_adam + others + gathered + asleep + head(n, True)
    reference = None
    if uses_ref:
        n = tokens(f"{F}.log_prob_micro_batch_size_per_gpu", f"{F}.log_prob_micro_batch_size",
                   f"{F}.log_prob_max_token_len_per_gpu")
        reference = idle + idle_adam + others + gathered + asleep + head(n, False)

    # The update.
    n = tokens(f"{A}.ppo_micro_batch_size_per_gpu", f"{A}.ppo_micro_batch_size", None)
    layer = n * (4 * m.inner + 8 * m.hidden) * 2
    if not get(f"{M}.enable_gradient_checkpointing"):
        kept = m.layers * layer
    else:
        kept = 0 if get(f"{M}.enable_activation_offload") else 2 * n * m.hidden * m.layers
    entropy = 0
    if get(f"{A}.entropy_coeff") or get(f"{A}.calculate_entropy"):
        entropy = chunks if chunked else (2 if get(f"{A}.entropy_checkpointing") else 3) * (4 * n * m.vocab)
    top = min(0.7 * GIB, 3 * (2 * n * m.vocab)) if fused else 3 * (2 * n * m.vocab) + entropy
    rows = get(f"{A}.ppo_mini_batch_size") * get(f"{R}.n") // ranks
    several = get(f"{A}.use_dynamic_bsz") or rows > n * ulysses / length
    if get(f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation") and several:
        gradients = (4 if fsdp2 else 2) * m.weights
    whole = gathered if get(f"{A}.fsdp_config.reshard_after_forward") else 2 * m.weights
    update = parameters + adam + gradients + others + whole + asleep + kept + max(layer, top)

    generation = awake + idle + idle_adam + others
    # Square roots of the second moments take one more shard; gradients are sharded again.
    step = parameters + adam + parameters + parameters + others + asleep

    engine = asleep + 2 * m.weights / get(f"{R}.tensor_model_parallel_size") if sleeps else awake
    handed_over = 4 * m.vocab * m.hidden + 2 * get(f"{R}.checkpoint_engine.update_weights_bucket_megabytes") * 2**20
    sync = engine + (idle if fsdp2 else parameters) + idle_adam + others + handed_over

    critic, values = None, None
    if uses_critic:
        if get(f"{A}.use_dynamic_bsz"):
            trained = get("critic.ppo_max_token_len_per_gpu")
            valued = maybe("critic.forward_max_token_len_per_gpu", trained)
        else:
            trained, valued = 0, 0
            if maybe("critic.ppo_micro_batch_size_per_gpu"):
                trained = overrides["critic.ppo_micro_batch_size_per_gpu"] * length
                valued = maybe("critic.forward_micro_batch_size_per_gpu",
                               overrides["critic.ppo_micro_batch_size_per_gpu"]) * length
        if trained:
            token = (4 * m.inner + 8 * m.hidden) * 2
            kept = (2 * m.hidden if get("critic.model.enable_gradient_checkpointing") else token) * m.layers
            rest = idle + idle_adam + reference_shard + gathered + asleep
            critic = 16 * m.weights / world + rest + trained * (kept + token)
            critic_adam = 0 if get("critic.fsdp.optimizer_offload") else 8 * m.weights / world
            values = 4 * m.weights / world + critic_adam + rest + valued * token
    if get("algorithm.rollout_correction.bypass_mode"):
        log_prob = None
    found = dict(log_prob=log_prob, ref_log_prob=reference, actor_update=update, generation=generation,
                 optimizer_step=step, critic=critic, critic_values=values, weight_sync=sync, wake_up=generation if sleeps else None)
    return m.weights, {phase: None if it is None else round(it) for phase, it in found.items()}


def micro(rows):
    return {f"{R}.log_prob_micro_batch_size_per_gpu": rows, f"{F}.log_prob_micro_batch_size_per_gpu": rows,
            f"{A}.ppo_micro_batch_size_per_gpu": rows}


SEED = {"algorithm.adv_estimator": "grpo", "data.max_response_length": 1024, "trainer.n_gpus_per_node": 4,
        f"{A}.use_kl_loss": True, f"{R}.n": 5, f"{R}.gpu_memory_utilization": 0.6, **micro(32)}
OFFLOADS = {f"{A}.fsdp_config.optimizer_offload": True, f"{F}.fsdp_config.param_offload": True}

# One change of the seed each.
CHANGES = [
    {}, OFFLOADS, micro(16), micro(8), micro(4), {**OFFLOADS, f"{A}.entropy_from_logits_with_chunking": True},
    {f"{M}.use_fused_kernels": True}, {**OFFLOADS, f"{M}.use_fused_kernels": True}, {"trainer.n_gpus_per_node": 8},
    {"trainer.nnodes": 2}, {f"{A}.fsdp_config.param_offload": True}, {"data.train_batch_size": 512},
    {f"{A}.entropy_coeff": 0.001}, {f"{A}.calculate_entropy": True},
    {f"{A}.calculate_entropy": True, f"{A}.entropy_from_logits_with_chunking": True,
     f"{A}.entropy_from_logits_chunk_size": 1024},
    {f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation": True},
    {f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation": True, f"{A}.strategy": "fsdp2"},
    {f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation": True, f"{A}.ppo_mini_batch_size": 16,
     "data.train_batch_size": 16},
    {f"{A}.strategy": "fsdp2", f"{A}.fsdp_config.offload_policy": True},
    {f"{A}.fsdp_config.model_dtype": "bfloat16"}, {f"{A}.fsdp_config.fsdp_size": 2},
    {f"{A}.fsdp_config.reshard_after_forward": False}, {f"{M}.enable_gradient_checkpointing": False},
    {f"{M}.enable_activation_offload": True}, {f"{A}.use_dynamic_bsz": True},
    {f"{A}.use_dynamic_bsz": True, f"{A}.ppo_max_token_len_per_gpu": 8192, f"{R}.log_prob_max_token_len_per_gpu": 24000},
    {f"{A}.ulysses_sequence_parallel_size": 2}, {f"{A}.use_kl_loss": False}, {f"{R}.free_cache_engine": False},
    {"algorithm.adv_estimator": "gae"}, {"algorithm.adv_estimator": "gae", "critic.fsdp.optimizer_offload": True},
    {"algorithm.rollout_correction.bypass_mode": True}, {f"{R}.gpu_memory_utilization": 0.3},
    {f"{A}.entropy_coeff": 0.001, f"{A}.entropy_checkpointing": True}, {f"{R}.enforce_eager": True},
    {f"{R}.cudagraph_capture_sizes": [1, 2, 4]}, {f"{R}.tensor_model_parallel_size": 4},
    {f"{R}.checkpoint_engine.update_weights_bucket_megabytes": 1024},
    {f"{A}.strategy": "fsdp2", f"{A}.fsdp_config.param_offload": True},
    {"algorithm.adv_estimator": "gae", "critic.ppo_micro_batch_size_per_gpu": 16},
    {"algorithm.adv_estimator": "gae", "critic.ppo_micro_batch_size_per_gpu": 2, "critic.forward_micro_batch_size_per_gpu": 64,
     "critic.model.enable_gradient_checkpointing": False},
    {"algorithm.adv_estimator": "gae", f"{A}.use_dynamic_bsz": True, "critic.forward_max_token_len_per_gpu": 400000},
]


def grid():
    """Yields (model's name, overrides, mean length)."""
    for change, mean in itertools.product(CHANGES, (0, 974)):
        yield "qwen2.5-7b", {**SEED, **change}, mean
    for model, change in itertools.product(list(MODELS)[1:], CHANGES[:9]):
        yield model, {**SEED, **change}, 0
    whole = {key: value for key, value in SEED.items() if "micro_batch" not in key}
    whole |= {f"{R}.log_prob_micro_batch_size": 64, f"{F}.log_prob_micro_batch_size": 64, f"{A}.ppo_micro_batch_size": 32}
    yield "qwen2.5-7b", whole, 0
    yield "qwen2.5-7b", {**SEED, f"{M}.use_remove_padding": False}, 974


if __name__ == "__main__":
    lines = []
    for name, overrides, mean in grid():
        weights, found = peaks(MODELS[name], overrides, mean, round(79.18 * GIB))
        line = {"name": name, "model": MODELS[name], "overrides": overrides, "mean_sequence": mean,
                "capacity": round(79.18 * GIB), "weights": weights, "peaks": found}
        lines.append(json.dumps(line) + "\n")
    pathlib.Path(__file__).with_name("grid.jsonl").write_text("".join(lines))
