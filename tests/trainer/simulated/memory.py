"""How much memory each phase of a step needs, on one card and on one node.

Tensors are counted one by one in the order in which they are made, so that a phase fails at the
tensor that does not fit. With P parameters, n ranks to shard over, N tokens in a micro batch, V words,
H hidden size, L layers, I inner size:

    state       4P/n parameters, 4P/n gradients, 8P/n Adam (ZeRO stage 3, arXiv 1910.02054)
    activations 2·N·H·L where they are checkpointed, 2·N·(4I+8H) for a layer that is computed again
    logits      2·N·V in bf16, once more when divided by the temperature, 4·N·V for each float32 copy
    engine      its share of the whole card while awake; graphs, context and buffers of NCCL asleep

Nothing here knows the rules that are tested with it.
"""

import dataclasses
import json
import pathlib

GIB = 2**30
MIB = 2**20
# Beside PyTorch's tensors: the CUDA context, and what of the engine's reserved memory is in no tensor.
CONTEXT = 0.52 * GIB
FRAGMENTS = 0.02
# An engine asleep keeps a context and NCCL's buffers; graphs come on top of them.
ENGINE_CONTEXT = 1.5 * GIB


@dataclasses.dataclass
class Phase:
    """A part of a step: what is on the card before it, and the tensors that it makes, with their places in the code."""

    name: str
    resident: float
    tensors: list


class Model:
    """A decoder's sizes, from the config.json that Hugging Face writes."""

    def __init__(self, folder):
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        self.hidden, self.layers = config["hidden_size"], config["num_hidden_layers"]
        self.inner, self.vocab = config["intermediate_size"], config["vocab_size"]
        self.heads = config["num_attention_heads"]
        self.family = config["model_type"]
        self.context = config["max_position_embeddings"]
        kv_heads = config.get("num_key_value_heads", self.heads)
        head = config.get("head_dim") or self.hidden // self.heads
        self.layer = 2 * self.hidden * head * (self.heads + kv_heads) + 3 * self.hidden * self.inner
        self.embeddings = self.vocab * self.hidden * (1 if config.get("tie_word_embeddings", True) else 2)
        self.parameters = self.embeddings + self.layers * (self.layer + 2 * self.hidden) + self.hidden
        # Keys and values of one token, in bf16.
        self.kv_token = 2 * self.layers * kv_heads * head * 2

    def layer_activations(self, tokens):
        return 2 * tokens * (4 * self.inner + 8 * self.hidden)


class Job:
    """One launch: the model, the machine, and what a rank holds in each phase."""

    def __init__(self, config):
        self.config = config
        self.actor, self.ref, self.rollout = (config.actor_rollout_ref[part] for part in ("actor", "ref", "rollout"))
        self.options, self.critic = config.actor_rollout_ref.model, config.critic
        self.model = Model(self.options.path)
        self.capacity = config.sim.gpu_gib * GIB
        self.fragments = config.sim.fragments
        self.batches()
        self.state()

    # Who trains, on how many rows and tokens.

    def batches(self):
        config, actor = self.config, self.actor
        self.world = config.trainer.n_gpus_per_node * config.trainer.nnodes
        self.split = max(actor.ulysses_sequence_parallel_size, actor.fsdp_config.ulysses_sequence_parallel_size)
        self.ranks = self.world // self.split
        self.responses = config.data.train_batch_size * self.rollout.n
        self.mini = actor.ppo_mini_batch_size * self.rollout.n
        self.longest = config.data.max_prompt_length + config.data.max_response_length
        self.uses_ref = actor.use_kl_loss or config.algorithm.use_kl_in_reward
        enabled = self.critic.enable
        self.uses_critic = config.algorithm.adv_estimator == "gae" if enabled is None else enabled

    def rows(self, section, key):
        """Rows of a micro batch on one rank; the old keys count over all of them."""
        per_rank = section[f"{key}_per_gpu"]
        return per_rank if per_rank is not None else max(1, (section.get(key) or self.ranks) // self.ranks)

    def tokens(self, section, key, limit, dynamic):
        """Tokens of a micro batch on one rank, where every response is as long as it may be."""
        if dynamic:
            return section[limit]
        return self.rows(section, key) * self.longest / self.split

    # What stays on the card.

    def state(self):
        fsdp, parameters = self.actor.fsdp_config, self.model.parameters
        shards = fsdp.fsdp_size if 0 < fsdp.fsdp_size < self.world else self.world
        value = 4 if fsdp.model_dtype in ("fp32", "float32") else 2
        on_host = self.actor.strategy == "fsdp2" and fsdp.offload_policy
        self.value = value
        self.shard = 0 if on_host else value * parameters / shards
        self.adam = 2 * self.shard
        self.idle_shard = 0 if fsdp.param_offload else self.shard
        self.idle_adam = 0 if fsdp.optimizer_offload else self.adam
        self.ref_shard = 2 * parameters / shards if self.uses_ref else 0
        self.idle_ref = 0 if self.ref.fsdp_config.param_offload else self.ref_shard
        # The critic is as large as the actor.
        whole = 4 * parameters / self.world if self.uses_critic else 0
        self.critic_shard, self.critic_adam = whole, 2 * whole
        self.idle_critic = (0 if self.critic.fsdp.param_offload else whole) + (
            0 if self.critic.fsdp.optimizer_offload else 2 * whole
        )
        self.engine()

    def engine(self):
        rollout, model = self.rollout, self.model
        tensor_parallel = rollout.tensor_model_parallel_size
        if rollout.enforce_eager:
            self.graphs = 0
        else:
            self.graphs = (0.3 if rollout.cudagraph_capture_sizes else 1.5) * GIB
        self.share = rollout.gpu_memory_utilization * self.capacity
        self.weights = 2 * model.parameters / tensor_parallel
        batched = rollout.max_num_batched_tokens
        if not rollout.enable_chunked_prefill:
            batched = max(batched, rollout.max_num_seqs * self.config.data.max_prompt_length)
        self.engine_activations = model.layer_activations(batched) / tensor_parallel
        # Logits, their softmax and what sorting keeps of them, in float32.
        self.sampler = 8 * 4 * rollout.max_num_seqs * model.vocab
        self.kv_token = model.kv_token / tensor_parallel
        self.asleep = ENGINE_CONTEXT + self.graphs
        # vLLM counts its context and buffers into its share, not its graphs; SGLang neither.
        self.beside = self.asleep if rollout.name == "sglang" else self.graphs
        self.awake = self.share + self.beside
        self.engine_at_rest = self.asleep if rollout.free_cache_engine else self.awake

    def gathered(self):
        """The embeddings and one layer, whole, in bf16."""
        return 2 * (self.model.embeddings + self.model.layer)

    def kv_memory(self):
        """What the engine's share has left for keys and values."""
        inside = 0 if self.rollout.name == "sglang" else self.engine_activations
        return self.share - self.weights - inside

    # The phases, in the order of a step.

    def start(self):
        """What is on the card when the engine starts."""
        return self.idle_shard + self.idle_ref + self.idle_critic

    def phases(self):
        yield self.weight_sync()
        yield self.wake_up()
        yield self.generation()
        if not self.config.algorithm.rollout_correction.bypass_mode:
            yield self.log_prob()
        if self.uses_ref:
            yield self.ref_log_prob()
        if self.uses_critic:
            yield self.values()
            yield self.critic_update()
        yield self.actor_update()
        yield self.optimizer_step()

    def others(self, *mine):
        """What of the idle state is there beside that of the phase itself."""
        idle = {"shard": self.idle_shard, "adam": self.idle_adam, "ref": self.idle_ref, "critic": self.idle_critic}
        return sum(size for name, size in idle.items() if name not in mine)

    def weight_sync(self):
        bucket = self.rollout.checkpoint_engine.update_weights_bucket_megabytes * MIB
        whole = self.value * self.model.vocab * self.model.hidden
        resident = self.shard + self.others("shard") + self.asleep
        if not self.rollout.free_cache_engine:
            resident += self.share - self.weights
        return Phase("weight_sync", resident, [("weights", self.weights), ("full", whole), ("bucket", bucket), ("bucket", bucket)])

    def wake_up(self):
        return Phase("wake_up", self.others() + self.beside, [("pool", self.share)])

    def generation(self):
        outside = []
        if self.rollout.name == "sglang":
            # Its share holds weights, keys and values; what it computes comes on top.
            outside = [("prefill", self.engine_activations), ("decode", self.sampler)]
        return Phase("generation", self.others() + self.awake, outside)

    def head(self, tokens, entropy, backward):
        """The tensors of tokens × vocabulary: in a forward pass, or with those of a backward pass."""
        logits = 2 * tokens * self.model.vocab
        if self.options.use_fused_kernels:
            return [("fused", 2 * tokens * self.model.hidden + 0.5 * GIB)]
        tensors = [("logits", logits), ("temperature", logits)]
        if entropy and self.actor.entropy_from_logits_with_chunking:
            tensors.append(("chunks", 12 * self.actor.entropy_from_logits_chunk_size * self.model.vocab))
        elif entropy:
            tensors += [("entropy", 2 * logits)] * (3 if backward and not self.actor.entropy_checkpointing else 2)
        if backward:
            tensors.append(("gradient", logits))
        return tensors

    def log_prob(self):
        rollout = self.rollout
        tokens = self.tokens(rollout, "log_prob_micro_batch_size", "log_prob_max_token_len_per_gpu", rollout.log_prob_use_dynamic_bsz)
        resident = self.shard + self.others("shard") + self.engine_at_rest
        return Phase("log_prob", resident, [("gathered", self.gathered()), *self.head(tokens, True, False)])

    def ref_log_prob(self):
        ref = self.ref
        tokens = self.tokens(ref, "log_prob_micro_batch_size", "log_prob_max_token_len_per_gpu", ref.log_prob_use_dynamic_bsz)
        resident = self.others() + self.engine_at_rest
        return Phase("ref_log_prob", resident, [("gathered", self.gathered()), *self.head(tokens, False, False)])

    def values(self):
        critic = self.critic
        if critic.use_dynamic_bsz:
            tokens = critic.forward_max_token_len_per_gpu
        else:
            rows = critic.forward_micro_batch_size_per_gpu or critic.ppo_micro_batch_size_per_gpu
            tokens = rows * self.longest
        adam = 0 if critic.fsdp.optimizer_offload else self.critic_adam
        resident = self.others("critic") + self.critic_shard + adam + self.engine_at_rest
        return Phase("critic_values", resident, [("gathered", self.gathered()), ("layer", self.model.layer_activations(tokens))])

    def critic_update(self):
        critic, model = self.critic, self.model
        tokens = critic.ppo_max_token_len_per_gpu if critic.use_dynamic_bsz else critic.ppo_micro_batch_size_per_gpu * self.longest
        layer = model.layer_activations(tokens)
        kept = 2 * tokens * model.hidden * model.layers if critic.model.enable_gradient_checkpointing else model.layers * layer
        resident = self.others("critic") + self.critic_shard + self.critic_adam + self.engine_at_rest
        tensors = [("gathered", self.gathered()), ("kept", kept), ("gradients", self.critic_shard), ("layer", layer)]
        return Phase("critic_update", resident, tensors)

    def update_tokens(self):
        actor = self.actor
        return self.tokens(actor, "ppo_micro_batch_size", "ppo_max_token_len_per_gpu", actor.use_dynamic_bsz)

    def gradients(self):
        """A shard, or whole ones on every rank while several micro batches wait for their synchronisation."""
        fsdp, model = self.actor.fsdp_config, self.model
        several = self.actor.use_dynamic_bsz or self.mini // self.ranks > self.rows(self.actor, "ppo_micro_batch_size")
        if fsdp.use_no_sync_for_gradient_accumulation and several:
            return (4 if self.actor.strategy == "fsdp2" else 2) * model.parameters
        return self.shard

    def update_resident(self):
        return self.shard + self.adam + self.others("shard", "adam") + self.engine_at_rest

    def actor_update(self):
        actor, model, tokens = self.actor, self.model, self.update_tokens()
        layer = model.layer_activations(tokens) * (0.8 if self.options.use_liger else 1)
        kept = 2 * tokens * model.hidden * model.layers
        if not self.options.enable_gradient_checkpointing:
            kept = model.layers * layer
        elif self.options.enable_activation_offload:
            kept = 0
        entropy = actor.entropy_coeff != 0 or actor.calculate_entropy
        head = self.head(tokens, entropy, True)
        # The logits are gone when the first layer is computed again, so the larger of the two counts.
        body = head if sum(size for _, size in head) >= layer else [("layer", layer)]
        whole = self.gathered() if actor.fsdp_config.reshard_after_forward else 2 * model.parameters
        return Phase(
            "actor_update", self.update_resident(), [("gathered", whole), ("kept", kept), ("gradients", self.gradients()), *body]
        )

    def optimizer_step(self):
        # The foreach form of Adam makes one more tensor of the size of the parameters (PyTorch's documentation).
        return Phase("optimizer_step", self.update_resident() + self.gradients(), [("moments", self.shard)])

    # Host memory of a node.

    def host(self):
        """What the processes of a node hold, by name."""
        config, model, fsdp = self.config, self.model, self.actor.fsdp_config
        nodes, cards = config.trainer.nnodes, config.trainer.n_gpus_per_node
        parameters = model.parameters / nodes
        kept = 0
        if self.options.enable_activation_offload and self.options.enable_gradient_checkpointing:
            kept = 2 * self.update_tokens() * model.hidden * model.layers * cards
        critic = self.critic.fsdp if self.uses_critic else None
        return {
            "ray, raylet and object store": 8 * GIB,
            "workers": 5 * GIB * cards,
            "data loaders": 0.8 * GIB * config.data.dataloader_num_workers,
            "agent loop": 0.9 * GIB * self.rollout.agent.num_workers,
            "rewards": 0.6 * GIB * config.reward.num_workers,
            # Tokens, masks and positions in int64, log-probs and advantages in float32.
            "batch": self.responses * self.longest * (3 * 8 + 5 * 4),
            "offloaded parameters": 4 * parameters if fsdp.param_offload else 0,
            "offloaded moments": 8 * parameters if fsdp.optimizer_offload else 0,
            "offloaded reference": 2 * parameters if self.uses_ref and self.ref.fsdp_config.param_offload else 0,
            "offloaded critic": (4 * parameters if critic and critic.param_offload else 0)
            + (8 * parameters if critic and critic.optimizer_offload else 0),
            "FSDP2's offloaded state": 16 * parameters if self.shard == 0 else 0,
            "activations": kept,
        }

    def host_of_checkpoint(self):
        """What a save adds: a copy of the shards that are written, and the whole model on the first rank."""
        contents, parameters = self.actor.checkpoint.save_contents, self.model.parameters
        whole = 4 * parameters if "hf_model" in contents else 0
        waiting = 12 * parameters / self.config.trainer.nnodes if self.actor.checkpoint.async_save else 0
        return whole + waiting
