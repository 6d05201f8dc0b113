"""What a release carries for evaluation kits: files that are copied into it as they stand here.

They run where the kits are installed and this tool is not, so they import nothing of ours, only
each other; each kit's folder has those it needs, and ``settings.json`` or the tasks' YAML:

    vlmevalkit_plugin.py        dataset classes for VLMEvalKit, which register themselves
    vlmevalkit_run.py           VLMEvalKit's run.py with those classes known
    lmms_eval_utils.py          the functions of a task of lmms-eval: weighted components
    lmms_eval_ifeval_utils.py   the same for constraints in MM-IFEval's form
    curated_judging.py          the judge's prompt for components, and reading its reply
    curated_ifeval.py           scoring an item's constraints: by judge, rule or comparison
    curated_rules.py            the published verifiers; a copy of annotator/constraints/segment.py
                                cuts texts for it, as curated_segment.py
    curated_asking.py           a judge over OpenAI's protocol
"""
