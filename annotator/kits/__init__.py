"""What a release carries for evaluation kits: files that are copied into it as they stand here.

They run where the kits are installed and this tool is not, so they import nothing of ours. Each
lies in its own folder of the release, with ``curated_judging.py`` and ``settings.json`` beside it:

    vlmevalkit_plugin.py    a dataset class for VLMEvalKit, which registers itself
    vlmevalkit_run.py       VLMEvalKit's run.py with that class known
    lmms_eval_utils.py      the functions of a task folder for lmms-eval
    curated_judging.py      the judge's prompt, and reading its reply
"""
