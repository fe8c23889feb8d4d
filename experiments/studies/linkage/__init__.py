"""The linkage experiment: does linking the programmes add to what they do alone?"""
