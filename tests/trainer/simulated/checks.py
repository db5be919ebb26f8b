"""verl's own assertions, each at the moment at which the real one fails."""

import os

from . import words


def start_up(job):
    """`validate_config` and the resource pool: seconds after the start."""
    actor, rollout, config = job.actor, job.rollout, job.config
    if job.actor.strategy not in ("fsdp", "fsdp2"):
        raise NotImplementedError(f"Unknown strategy {job.actor.strategy}")
    if not actor.use_dynamic_bsz:
        assert job.responses % job.world == 0, f"real_train_batch_size ({job.responses}) must be divisible by minimal possible batch size ({job.world})"
        exactly_one("actor_rollout_ref.actor", "ppo_micro_batch_size", actor)
        exactly_one("actor_rollout_ref.rollout", "log_prob_micro_batch_size", rollout)
        if job.uses_ref:
            exactly_one("actor_rollout_ref.ref", "log_prob_micro_batch_size", job.ref)
        if config.data.train_batch_size < actor.ppo_mini_batch_size:
            raise ValueError(f"train_batch_size ({config.data.train_batch_size}) must be >= actor.ppo_mini_batch_size ({actor.ppo_mini_batch_size})")
    if job.split > 1:
        assert job.options.use_remove_padding, "When using sequence parallelism for actor/ref policy, you must enable `use_remove_padding`."
    granted = int(os.environ.get("SLURM_GPUS_ON_NODE", config.trainer.n_gpus_per_node))
    if granted < config.trainer.n_gpus_per_node:
        raise ValueError(f"Total available GPUs {granted} is less than total desired GPUs {config.trainer.n_gpus_per_node}")


def exactly_one(name, key, section):
    """The old key counts over all GPUs, the new one on each; one of them must be there."""
    old, new = section.get(key), section[f"{key}_per_gpu"]
    if old is None and new is None:
        raise ValueError(f"[{name}] Please set at least one of '{name}.{key}' or '{name}.{key}_per_gpu'.")
    if old is not None and new is not None:
        raise ValueError(f"[{name}] Please remove '{name}.{key}' because only '*_{key}_per_gpu' is supported (the former is deprecated).")


def workers(job):
    """When the workers are there and the model is loaded."""
    rollout = job.rollout
    engine = rollout.tensor_model_parallel_size * rollout.data_parallel_size * rollout.pipeline_model_parallel_size
    must(job.world % engine == 0, "weight_sync", f"rollout world_size: {job.world} is not divisible by infer_world_size: {engine}")
    must(job.actor.use_dynamic_bsz == rollout.log_prob_use_dynamic_bsz, "weight_sync", "")
    if job.uses_critic and not job.critic.use_dynamic_bsz:
        exactly_one("critic", "ppo_micro_batch_size", job.critic)


def log_prob(job):
    whole_micro_batches("log_prob", job.responses // job.ranks, job.rollout, "log_prob", job.rollout.log_prob_use_dynamic_bsz, job)


def ref_log_prob(job):
    whole_micro_batches("ref_log_prob", job.responses // job.ranks, job.ref, "log_prob", job.ref.log_prob_use_dynamic_bsz, job)


def critic_update(job):
    if not job.critic.use_dynamic_bsz:
        rows = job.critic.ppo_mini_batch_size * job.rollout.n // job.world
        divides("critic_update", rows, job.critic.ppo_micro_batch_size_per_gpu)


def actor_update(job):
    ranks = job.ranks
    must(job.mini % ranks == 0, "actor_update", f"Got mini_batch_size={job.mini} and self.engine.get_data_parallel_size()={ranks}")
    must(job.responses % job.mini == 0, "actor_update", f"Got batch={job.responses} and mini_batch_size={job.mini}")
    whole_micro_batches("actor_update", job.mini // ranks, job.actor, "ppo", job.actor.use_dynamic_bsz, job)


def weight_sync(job):
    bucket = job.rollout.checkpoint_engine.update_weights_bucket_megabytes
    largest = 2 * job.model.vocab * job.model.hidden
    message = f"Weight model.embed_tokens.weight(torch.Size([{job.model.vocab}, {job.model.hidden}]), torch.bfloat16) is too large to fit in the bucket.Please increase rollout.update_weights_bucket_megabytes({bucket} MB)."
    must(largest <= bucket * 2**20, "weight_sync", message)


def whole_micro_batches(phase, rows, section, prefix, dynamic, job):
    """A rank's rows in micro batches of one size; or token limits that hold the longest sequence."""
    if dynamic:
        limit = section[f"{prefix}_max_token_len_per_gpu"] * job.split
        must(limit >= job.longest, phase, f"max_token_len must be greater than the sequence length. Got max_token_len={limit} and max_seq_len={job.longest}")
        return
    divides(phase, rows, job.rows(section, f"{prefix}_micro_batch_size"))


def divides(phase, rows, micro_batch):
    must(rows % micro_batch == 0, phase, f"data size must be divisible by force_group_size * micro_batch_size_per_gpu. Got {rows} and {micro_batch}")


def must(holds, phase, message):
    if not holds:
        raise words.in_worker(phase, None, f"AssertionError: {message}".rstrip(": "), words.RemoteAssertionError)
