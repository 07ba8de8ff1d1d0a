"""What visitors fill in."""

from fastjango import forms

from .models import Article, Comment


class CommentForm(forms.ModelForm):
    """What a reader says about an article."""

    class Meta:
        model = Comment
        fields = ["name", "text"]
        labels = {"text": "Comment"}
        widgets = {
            "name": forms.TextInput({"autocomplete": "nickname"}),
            "text": forms.Textarea({"rows": 4}),
        }


class ArticleForm(forms.ModelForm):
    """What a writer says."""

    class Meta:
        model = Article
        fields = ["title", "summary", "body", "tags"]
        labels = {"tags": "Subjects"}
        help_texts = {"body": "A blank line begins a new paragraph."}
        widgets = {
            "body": forms.Textarea({"rows": 14}),
            "tags": forms.CheckboxSelectMultiple,
        }
